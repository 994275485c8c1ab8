"""The table of providers and cases in docs is that of the tests; SEALGATE_WRITE_DOCS=1 writes it."""

import os
import re

from deployment import ROOT

DOCUMENT = ROOT / "docs/reference/kms-providers.md"
SUITES = ROOT / "Tests/KMSTests/Provider"
COLUMNS = ["local", "vault", "aws"]
BEGIN, END = "<!-- provider table -->\n", "<!-- end -->\n"


def suite(name):
    """The cases of a suite, and the providers it asks."""
    text = (SUITES / f"{name}.swift").read_text()
    kinds = set(re.findall(r"(?m)^        case (\w+)$", text.split("CaseIterable")[1].split("}")[0]))
    cases = re.findall(r'@Test\(\s*"([^"]+)",\s*arguments: Kind\.allCases\s*\)', text)
    assert len(cases) == text.count("@Test(") > 2, "a case that isn't asked of each provider"
    return [(case, kinds) for case in cases]


def programs():
    """The cases of whole programs: the fixture says which providers."""
    fixtures = {"anywhere": {"local", "vault", "aws"}, "provided": {"local", "vault"},
                "vaulted": {"vault"}, "aws": {"aws"}}
    text = (ROOT / "Tests/EndToEnd/test_kms.py").read_text()
    found = []
    for name, arguments in re.findall(r"(?m)^def test_(\w+)\(([\w, ]*)\):", text):
        for fixture in set(arguments.split(", ")) & set(fixtures):
            found.append((name.replace("_", " "), fixtures[fixture]))
    assert len(found) > 4
    return found


def test_the_table_is_that_of_the_tests():
    lines = ["| case | local | vault | aws |", "|---|---|---|---|"]
    for case, kinds in (suite("KeyProviderConformanceTests") + suite("KeyProviderFailureTests")
                        + programs()):
        marks = " | ".join("passes" if column in kinds else "–" for column in COLUMNS)
        lines.append(f"| {case} | {marks} |")
    table = "\n" + "\n".join(lines) + "\n\n"
    text = DOCUMENT.read_text()
    before, rest = text.split(BEGIN)
    expected = before + BEGIN + table + END + rest.split(END)[1]
    if os.environ.get("SEALGATE_WRITE_DOCS"):
        DOCUMENT.write_text(expected)
    assert DOCUMENT.read_text() == expected
