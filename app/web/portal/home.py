"""The first page: how the company's systems are."""

from flask import render_template

from app.web.portal.pages import HOME, Link, Pages, see

pages = Pages("Overview", Link("Overview", HOME))


@pages.page("GET", "/", open_=True)
def at_the_root() -> object:
    """To the portal."""
    return see(HOME)


@pages.page("GET", HOME)
def overview() -> str:
    """Where everything stands."""
    return render_template("portal/overview.html")
