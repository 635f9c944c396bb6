"""What docs/alerts.md tells receivers to do does what it says."""

import re
import time
from pathlib import Path

from app.domain.alerts.alert import AlertKind
from tests.integration.alerts.test_mail import empty_one

TEXT = (Path(__file__).resolve().parents[3] / "docs/alerts.md").read_text()


def test_the_example_verifies_what_is_sent_and_nothing_else(alerted):
    names: dict[str, object] = {}
    (example,) = re.findall(r"```python\n(.*?)```", TEXT, re.DOTALL)
    exec(example, names)
    verifies = names["is_from_stockline"]
    channel, old = alerted.webhook()
    _, new = alerted.stockline.container.alerts.rotate(alerted.tenant_id, channel.id)
    empty_one(alerted)
    alerted.deliver()
    (call,) = alerted.receiver.calls
    header = call.headers["X-Stockline-Signature"]
    assert verifies(new, header, call.body)
    assert verifies(old, header, call.body)
    assert not verifies("whsec_other", header, call.body)
    assert not verifies(new, header, call.body + b" ")
    assert not verifies(new, header.replace("t=", "t=1"), call.body)
    assert not verifies(new, f"t={int(time.time())},v1=", call.body)
    assert not verifies(new, header, call.body, tolerance_s=-1)
    assert not verifies(new, "", call.body)


def test_every_kind_is_explained():
    assert set(re.findall(r"^\| `([a-z-]+)` \|", TEXT, re.MULTILINE)) == {kind.value for kind in AlertKind}
