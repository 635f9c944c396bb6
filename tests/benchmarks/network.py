"""A network of dealers: 5,000 resellers with 200 parts each, and manufacturers that know 50, 500 or all of them."""

from typing import Final

from tests.benchmarks.system import System
from tests.benchmarks.tenants import Tenant, settle

RESELLERS: Final = 5_000
PARTS_EACH: Final = 200
SIZES: Final = (50, 500, RESELLERS)
HOT: Final = "NET-HOT"
HOT_OF: Final = 934  # of 5,000; a smaller network has as large a share

_RESELLERS: Final = """
    INSERT INTO tenant (name, type) SELECT 'Bench reseller ' || i, 'RESELLER' FROM generate_series(0, %s - 1) AS i
"""
# The hot part lies spread over all; the others are of 25 assortments.
_STOCK: Final = """
    INSERT INTO stock_item (tenant_id, source, part_number, stock, stock_as_of)
    SELECT r.id, 'catalog',
           CASE WHEN j = 0 AND r.i * 7919 %% %s < %s THEN %s ELSE 'NET-' || r.i %% 25 || '-' || j END,
           1 + (r.i + j) %% 40, now()
    FROM (SELECT id, split_part(name, ' ', 3)::int AS i FROM tenant WHERE name LIKE 'Bench reseller %%') AS r,
         generate_series(0, %s - 1) AS j
"""
_DEALERS: Final = """
    INSERT INTO dealer (tenant_id, name, name_key, address, city, postal_code, country, phone, website, lat, lng,
                        linked_tenant_id, timezone, opening_hours)
    SELECT %s, 'Dealer ' || r.i || ' Motor & Fritid', convert_to('Dealer ' || r.i, 'UTF8'), 'Storgatan ' || r.i,
           'Town ' || r.i %% 700, lpad(r.i::text, 5, '0'), (ARRAY['SE','FI','NO','DE','FR','AT'])[1 + r.i %% 6],
           '+46 8 465 00 00', 'https://dealer-' || r.i || '.example',
           36 + r.i * 0.6180339887 %% 1 * 34, -10 + r.i * 0.7548776662 %% 1 * 40, r.id, 'Europe/Stockholm',
           '{"mon": [["08:00", "12:00"], ["13:00", "18:00"]], "sat": [["10:00", "14:00"]]}'
    FROM (SELECT id, split_part(name, ' ', 3)::int AS i FROM tenant WHERE name LIKE 'Bench reseller %%') AS r
    WHERE r.i < %s
"""
_CONSENTS: Final = """
    INSERT INTO stock_share_consent (tenant_id, manufacturer_id, precision, changed_by)
    SELECT linked_tenant_id, tenant_id, CASE WHEN lat < 50 THEN 'EXACT' ELSE 'LEVEL' END, 'bench'
    FROM dealer WHERE tenant_id = %s
"""


def make(system: System) -> dict[int, Tenant]:
    """The manufacturers by how many dealers they know: 1,000,000 rows of (dealer, part) behind the largest."""
    networks: dict[int, Tenant] = {}
    with system.owner() as connection:
        connection.execute(_RESELLERS, (RESELLERS,))
        connection.execute(_STOCK, (RESELLERS, HOT_OF, HOT, PARTS_EACH))
        for size in SIZES:
            made = system.admin(
                "tenant", "create", "--name", f"Bench {size} dealers", "--type", "MANUFACTURER"
            )
            connection.execute(_DEALERS, (made["tenantId"], size))
            connection.execute(_CONSENTS, (made["tenantId"],))
            networks[size] = Tenant(made["tenantId"], made["apiKey"])
    settle(system)
    return networks
