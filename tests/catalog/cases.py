# ruff: noqa: E501  an example is one line
"""For each rule a bad example, with the place where it must be found, and a good one that is as near to it as can be."""

from dataclasses import dataclass, field

from tests.catalog.sample import FILES, Edit, edited

A, H, M = "offers/acme.yaml", "offers/hosted.yaml", "models/acme.yaml"
R, S, P, HAND = "routes/plain.yaml", "benchmarks/scores.yaml", "tiers/policy.yaml", "tiers/overrides.yaml"
SMALL = "{input: 0.15, output: 0.60, cache_read: 0.075}"


@dataclass(frozen=True, slots=True)
class Case:
    """A bad and a good example of one rule; `base` are edits of the version that is compared with."""

    rule: str
    bad: tuple[Edit, ...]
    good: tuple[Edit, ...] = ()
    base: tuple[Edit, ...] | None = None
    where: tuple[str, int, int] | None = field(default=None)


def one(file: str, old: str, new: str) -> tuple[Edit, ...]:
    """A single edit."""
    return (Edit(file, old, new),)


_HOSTS = "".join(
    f"""
  - id: hosted/peer-{number}
    model: acme/open
    wire_id: peer-{number}
    limits: {{context: 131072}}
    prices:
      - from: 2026-06-30
        status: confirmed
        usd_per_mtok: {{input: 0.1{number + 1}, output: 0.4{number + 1}}}
        source: https://hosted.example/prices
        checked: 2026-11-10"""
    for number in range(5)
)
_PEERS = Edit(
    H,
    "\n    lifecycle:\n      released: 2026-01-01\n      deprecation_announced: 2026-09-01\n      removal: 2027-03-01\n      source: https://hosted.example/deprecations",
    _HOSTS,
)
_GONE = Edit(
    A,
    "lifecycle: {released: 2026-06-30}",
    'lifecycle: {released: 2026-06-30, removal: 2026-11-01, source: "https://acme.example/x"}',
)
_OLD_REPLACEMENT = Edit(A, "      replacement: acme/small\n", "")
_SEES = "  - {when: {vision: true}, model: acme/large}\n"
_LOCK = """\
schema_version: 1
as_of: 2026-11-20
inputs: {}
placements:
  - {model: acme/large, tier: flagship, state: provisional, since: 2026-07-01}
"""
_BIG_ROWS_GONE = FILES[A][FILES[A].index("  # The big one.") : FILES[A].index("  - id: acme/old")]

CASES: tuple[Case, ...] = (
    # --- syntax
    Case(
        "JC101",
        one(A, "kind: first_party", "kind: first_party\nname: a§: b"),
        one(A, "kind: first_party", "kind: first_party # a: b"),
    ),
    Case("JC102", one(A, "# The big one.", "# caf§e\u0301"), one(A, "# The big one.", "# caf\u00e9")),
    Case("JC103", one(A, "kind: first_party", "kind:§\tfirst_party"), one(A, "# The big one.", "# The  big one.")),
    Case("JC104", one(A, "# The big one.", "# The §\u200bbig one."), one(A, "# The big one.", "# The big — one.")),
    Case("JC105", one(A, SMALL, "{input: 0.15, output: 0.60, §input: 0.15}")),
    Case(
        "JC106", one(A, "aliases: [small, tiny]", "aliases: §&names [small, tiny]"), one(A, "[small, tiny]", '[small, "&tiny"]')
    ),
    Case(
        "JC108", one(A, "key_env: ACME_API_KEY", 'key_env: "§sk-abcdefghijklmnopqrstuvwx"'), one(A, "ACME_API_KEY", "SK_ACME_KEY")
    ),
    Case("JC109", one(A, SMALL, "{input: 0.15, output: 0.60, §cache_reed: 0.075}")),
    Case(
        "JC110",
        one(A, "    wire_id: small-2026\n    aliases: [small, tiny]\n", "    §aliases: [small, tiny]\n"),
        where=(A, 53, 5),
    ),
    Case("JC111", one(A, SMALL, '{input: §"0.15", output: 0.60, cache_read: 0.075}')),
    Case("JC112", one(A, "from: 2025-01-01\n        status: confirmed", "from: 2025-01-01\n        status: §confirmd")),
    Case("JC113", one(A, "schema_version: 1", "schema_version: §2")),
    Case("JC115", one("offer/acme.yaml", "", "schema_version: 1\n"), where=("offer/acme.yaml", 0, 0)),
    # --- identity
    Case("JC201", one(A, "aliases: [small, tiny]", "aliases: [small, §large]"), one(A, "[small, tiny]", "[small, large-3]")),
    Case("JC202", one(A, "aliases: [small, tiny]", "aliases: [small, §acme-_/LARGE]"), one(A, "[small, tiny]", "[acme_small]")),
    Case("JC203", one(R, "model: large", "model: §acme/lrge"), one(R, "model: large", "model: tiny")),
    Case("JC204", one(HAND, "tier: flagship", "tier: §flagshp")),
    Case("JC205", one("plans.yaml", "provider: acme", "provider: §acmee")),
    Case("JC206", one(M, "  - id: acme/small", "  - id: §acme/alpha")),
    # --- price
    Case("JC301", one(A, SMALL, "{input: §-1, output: 0.60, cache_read: 0.075}")),
    Case("JC302", one(A, SMALL, "{input: §0, output: 0.60, cache_read: 0.0}"), where=(A, 62, 31)),
    Case("JC303", one(A, SMALL, "§{input: 0.15}"), one(A, SMALL, "{input: 0.15, output: null}")),
    Case("JC304", one(A, SMALL, "{input: §0.00000015, output: 0.60}"), one(A, SMALL, "{input: 0.005, output: 0.005}")),
    Case("JC305", one(A, SMALL, "{input: §2000, output: 6000}"), one(A, SMALL, "{input: 200, output: 1000}")),
    Case("JC306", one(A, SMALL, "{input: §0.150000000002, output: 0.60}"), one(A, SMALL, "{input: 0.12345678, output: 0.60}")),
    Case("JC307", one(A, SMALL, "{input: 0.60, output: §0.15}"), one(A, SMALL, "{input: 0.60, output: 0.60}")),
    Case(
        "JC308",
        one(A, SMALL, "{input: 0.15, output: 0.60, cache_read: §0.16}"),
        one(A, SMALL, "{input: 0.15, output: 0.60, cache_read: 0.15}"),
    ),
    Case(
        "JC309",
        one(A, SMALL, "{input: 0.15, output: 0.60, cache_write_5m: §0.14}"),
        one(A, SMALL, "{input: 0.15, output: 0.60, cache_write_5m: 0.15}"),
    ),
    Case("JC310", one(A, SMALL, "{input: §0.015, output: 0.60}"), one(A, SMALL, "{input: 0.04, output: 0.60}")),
    Case("JC311", (_PEERS, Edit(H, "input: 0.10, output: 0.40", "input: §0.011, output: 0.04")), (_PEERS,)),
    Case("JC312", one(A, "from: 2026-01-15", "from: 2026-07-01"), where=(A, 20, 15)),
    Case("JC313", one(A, "from: 2025-01-01", "from: 2027-01-01"), where=(A, 41, 5)),
    Case("JC314", one(A, "from: 2025-01-01\n        status: confirmed", "from: 2025-01-01\n        status: §announced")),
    Case("JC315", one(A, SMALL, "{input: §150, output: 600}"), one(A, SMALL, "{input: 49, output: 196}")),
    Case(
        "JC321",
        one(A, "set: {input: 4.00, output: 15.00}", "set: {input: §0.40, output: 15.00}"),
        one(A, "set: {input: 4.00", "set: {input: 2.00"),
    ),
    Case(
        "JC322",
        one(A, "prompt_tokens_gt: 200000", "prompt_tokens_gt: §2000000"),
        one(A, "prompt_tokens_gt: 200000", "prompt_tokens_gt: 999999"),
    ),
    Case(
        "JC323",
        one(A, 'utc: ["01:00-04:00"]\n              days: [sat, sun]', 'utc: §["01:00-04:00"]'),
        one(A, "[sat, sun]", "[sun]"),
    ),
    Case(
        "JC324",
        one(A, 'utc: ["01:00-04:00"]', 'utc: ["01:00-04:00", §"03:00-05:00"]'),
        one(A, '["01:00-04:00"]', '["01:00-04:00", "04:00-05:00"]'),
    ),
    Case("JC325", one(A, "multiply: {input: 0.75, output: 0.75}", "charge: §marginal\n            multiply: {input: 0.75}")),
    Case("JC326", one(A, '"01:00-04:00"', '§"1am-4am"'), one(A, '"01:00-04:00"', '"22:00-02:00"')),
    # --- limits
    Case(
        "JC401",
        one(A, "limits: {context: 200000, output: 16384}", "limits: {context: 20000, output: §163840}"),
        one(A, "output: 16384", "output: 200000"),
    ),
    Case("JC402", (_PEERS, Edit(H, "context: 131072, output: 8192", "context: §13107, output: 8192")), (_PEERS,)),
    Case("JC403", one(H, "capabilities: {input: [text, image]", "capabilities: {input: §[text]")),
    # --- dates
    Case("JC501", one(A, "from: 2026-01-15", "from: §2026-02-30"), one(A, "from: 2026-01-15", "from: 2024-02-29")),
    Case("JC502", one(H, "checked: 2026-11-10", "checked: §2026-12-10"), one(H, "checked: 2026-11-10", "checked: 2026-11-20")),
    Case(
        "JC503",
        one(A, "deprecation_announced: 2026-08-01", "deprecation_announced: §2024-08-01"),
        one(A, "released: 2025-01-01", "released: 2026-08-01"),
    ),
    Case(
        "JC504",
        one(A, "replacement: acme/small", "replacement: §hosted/open"),
        one(A, "replacement: acme/small", "replacement: acme/large"),
    ),
    Case("JC505", one(H, "removal: 2027-03-01", "removal: §2027-02-28")),
    Case(
        "JC506",
        one(A, "deprecation_announced: 2026-08-01", "deprecation_announced: 2027-01-15"),
        one(A, "deprecation_announced: 2026-08-01", "deprecation_announced: 2026-12-31"),
        where=(A, 50, 16),
    ),
    Case("JC507", (_GONE, _OLD_REPLACEMENT, Edit(R, "simple: {model: acme/small}", "simple: {model: §acme/small}"))),
    Case(
        "JC508",
        (*one(H, "removal: 2027-03-01", "removal: 2027-01-01"), *one(R, "fallback: [hosted/open]", "fallback: [§hosted/open]")),
        one(H, "removal: 2027-03-01", "removal: 2027-01-20"),
    ),
    Case("JC509", one(H, "checked: 2026-11-10", "checked: §2026-11-05"), one(H, "checked: 2026-11-10", "checked: 2026-11-06")),
    Case("JC510", one(H, "checked: 2026-11-10", "checked: §2026-09-20"), one(H, "checked: 2026-11-10", "checked: 2026-09-21")),
    Case("JC511", one(H, "\n        checked: 2026-11-10", ""), where=(H, 11, 9)),
    # --- sources
    Case("JC601", one(H, "        source: https://hosted.example/prices\n", ""), where=(H, 11, 9)),
    Case("JC602", one(H, "https://hosted.example/prices", "§http://hosted.example/prices")),
    # --- scores
    Case(
        "JC701",
        one(S, "acme/large, benchmark: mmlu", "acme/large, benchmark: §mmmlu"),
        one(S, "acme/large, benchmark: mmlu", "acme/large, benchmark: mmlu-pro"),
    ),
    Case("JC702", one(S, "variant: {shots: 5}", "variant: {§shot: 5}")),
    Case("JC703", one(S, "value: 88.0", "value: §880"), one(S, "value: 88.0", "value: 100")),
    Case("JC704", one(S, "value: 88.0", "value: §0.88"), one(S, "value: 88.0", "value: 1.01")),
    Case(
        "JC705",
        one(S, "acme/open, benchmark: mmlu, value: 80.0, variant: {shots: 5}", "acme/large, benchmark: mmlu, value: §80.0"),
        one(S, "acme/open, benchmark: mmlu, value: 80.0, variant: {shots: 5}", "acme/large, benchmark: mmlu, value: 86.5"),
    ),
    # --- tiers
    Case(
        "JC801",
        one(HAND, "review_by: 2027-02-01", "review_by: §2026-11-19"),
        one(HAND, "review_by: 2027-02-01", "review_by: 2026-11-20"),
    ),
    Case(
        "JC802",
        one(
            HAND,
            "    review_by: 2027-02-01\n",
            "    review_by: 2027-02-01\n  - {model: §acme/large, tier: flagship, reason: again, by: me, on: 2026-08-01, review_by: 2027-02-01}\n",
        ),
        one(
            HAND,
            "    review_by: 2027-02-01\n",
            "    review_by: 2027-02-01\n    until: 2026-08-01\n  - {model: acme/large, tier: flagship, reason: again, by: me, on: 2026-08-01, review_by: 2027-02-01}\n",
        ),
    ),
    Case(
        "JC803",
        one(P, "anchors: {mmlu: 86}", "anchors: {§mmlu-por: 86}"),
        one(P, "anchors: {mmlu: 86}", "anchors: {mmlu-pro: 80}"),
    ),
    Case("JC811", one("tiers/placements.lock.yaml", "", _LOCK.replace("tier: flagship", "tier: §unplaced"))),
    Case("JC812", one("tiers/placements.lock.yaml", "", _LOCK.replace("inputs: {}", "inputs: {policy: §abc}"))),
    Case(
        "JC813",
        (
            *one(P, "anchors: {mmlu: 86}", "anchors: {mmlu: 86}\n    cheapest: {global: §acme/large}"),
            *one(
                HAND,
                "    review_by: 2027-02-01\n",
                "    review_by: 2027-02-01\n  - {model: acme/small, tier: flagship, reason: it is, by: me, on: 2026-08-01, review_by: 2027-02-01}\n",
            ),
        ),
        one(P, "anchors: {mmlu: 86}", "anchors: {mmlu: 86}\n    cheapest: {global: acme/large}"),
    ),
    Case(
        "JC814",
        one(P, "anchors: {mmlu: 86}", "anchors: {mmlu: 86}\n    cheapest: {global: §acme/small}"),
        one(P, "anchors: {mmlu: 86}", "anchors: {mmlu: 86}\n    cheapest: {global: acme/large}"),
    ),
    # --- routes and plans
    Case(
        "JC901",
        (*one(R, "  agent: {model: acme/large}\n", ""), *one(R, "routes:", "§routes:")),
        (*one(R, "  agent: {model: acme/large}\n", ""), *one(R, "classifier: local", "classifier: acme/small")),
    ),
    Case("JC902", one(R, "default: general", "default: §genral"), one(R, "default: general", "default: code")),
    Case(
        "JC903",
        one(R, "code: {pool: [acme/large, hosted/open]", "code: §{model: acme/large, pool: [acme/large, hosted/open]"),
        one(R, "pool: [acme/large, hosted/open]", "pool: any"),
    ),
    Case("JC904", (*one(R, "fallback: [hosted/open]\n", ""), *one(R, "routes:", "§routes:"))),
    Case(
        "JC905",
        one(R, "fallback: [hosted/open]", "fallback: [acme/old]"),
        one(R, "fallback: [hosted/open]", "fallback: [acme/old, hosted/open]"),
        where=(R, 7, 11),
    ),
    Case("JC906", one(R, "threshold: 0.5", "threshold: §50"), one(R, "threshold: 0.5", "threshold: 1")),
    Case(
        "JC907",
        one(R, "  - {when: {key: agent-7}, pin: acme/small}", "  - §{when: {key: agent-7}}"),
        one(R, "pin: acme/small", "swap: off"),
    ),
    Case(
        "JC908",
        one("plans.yaml", "window: {hours: 5, usd: 4.00}", "window: §{hours: 5}"),
        one("plans.yaml", "usd: 4.00", "usd: null"),
    ),
    Case("JC909", one(M, "method: stated, ", ""), where=(M, 9, 13)),
    Case("JC910", one(M, "joules: 6.5", "joules: §0")),
    Case(
        "JC911",
        one(R, "{when: {vision: true}", "{when: {class: §reasonning}"),
        one(R, "{when: {vision: true}", "{when: {class: reasoning}"),
    ),
    Case(
        "JC912",
        one(R, _SEES, _SEES + "  - {when: §{vision: true, tools: true}, model: acme/small}\n"),
        one(R, _SEES, "  - {when: {vision: true, tools: true}, model: acme/small}\n" + _SEES),
    ),
    Case(
        "JC913", one(R, _SEES, _SEES.replace("acme/large", "§hosted/open")), one(R, _SEES, _SEES.replace("acme/large", "small"))
    ),
    Case(
        "JC914",
        (*one(H, "tools: true", "tools: false"), *one(R, "agent: {model: acme/large}", "agent: {model: §hosted/open}")),
        one(R, "agent: {model: acme/large}", "agent: {model: hosted/open}"),
    ),
    Case(
        "JC915",
        one(R, "simple: {model: acme/small}", "simple: {model: acme/small, fallback: [acme/large, §tiny]}"),
        one(R, "simple: {model: acme/small}", "simple: {model: acme/small, fallback: [acme/large]}"),
    ),
    Case(
        "JC916",
        (_GONE, *one(R, "pool: [acme/large, hosted/open]", "pool: §[small]")),
        (_GONE, *one(R, "pool: [acme/large, hosted/open]", "pool: [small, hosted/open]")),
    ),
    Case(
        "JC917",
        one(R, "pin: acme/small", "pin: §acme/small, never: [acme/s*]"),
        one(R, "pin: acme/small", "pin: acme/small, never: [hosted/*]"),
    ),
    Case(
        "JC918",
        one(R, "model: acme/small}}", "model: §large}}"),
        one(R, "model: acme/small}}", "model: hosted/open}}"),
    ),
    Case(
        "JC919",
        one(R, _SEES, "  - {when: {input_tokens_gt: 200000}, model: §small}\n" + _SEES),
        one(R, _SEES, "  - {when: {input_tokens_gt: 199999}, model: small}\n" + _SEES),
    ),
    # --- history
    Case(
        "JC951",
        one(A, "{input: 2.00, output: 10.00", "{input: §2.20, output: 10.00"),
        (
            *one(A, "{input: 2.00, output: 10.00", "{input: 2.20, output: 10.00"),
            *one(
                A,
                "checked: 2026-11-01\n    lifecycle: {released: 2026-01-15}",
                "checked: 2026-11-01\n        correction: {reason: a slip}\n    lifecycle: {released: 2026-01-15}",
            ),
        ),
        (),
    ),
    Case(
        "JC952",
        one(
            A,
            "{input: 2.50, output: 12.00, cache_read: 0.25, cache_write_5m: 3.00, cache_write_1h: 5.00}\n        source: https://acme.example/prices-2025",
            "{input: 2.50, output: 50.00}\n        source: https://acme.example/prices",
        ),
        where=(A, 22, 45),
    ),
    Case("JC953", one(A, SMALL, "{input: §1.5, output: 1.60, cache_read: 0.075}"), (), ()),
    Case("JC954", one(A, _BIG_ROWS_GONE, ""), (), (), where=(A, 6, 5)),
    Case(
        "JC955",
        one(
            A,
            "capabilities: {input: [text, image], output: [text], tools: true, structured_output: true}",
            "capabilities: {input: §[text], output: [text], tools: true, structured_output: true}",
        ),
        one(
            A,
            "capabilities: {input: [text, image], output: [text], tools: true, structured_output: true}",
            "note: the host says so\n    capabilities: {input: [text], output: [text], tools: true, structured_output: true}",
        ),
        (),
    ),
    Case("JC956", one(A, "limits: {context: 200000, output: 16384}", "limits: {context: §20000, output: 16384}"), (), ()),
)
"""One case a rule; the rules about files on disk are in test_rules.py."""


def bad(case: Case) -> tuple[dict[str, str], tuple[str, int, int]]:
    """The files of a bad example and where its finding stands."""
    files, place = edited(case.bad)
    found = case.where or place
    assert found is not None, case.rule
    return files, found


def good(case: Case) -> dict[str, str]:
    """The files of a good example."""
    return edited(case.good)[0]


def base(case: Case) -> dict[str, str] | None:
    """The files that an example is compared with, if it is."""
    return None if case.base is None else edited(case.base)[0]
