"""The playbook holds what it promises: both languages, a source for everything, nothing invented."""

from __future__ import annotations

import re
from pathlib import Path

import pytest
from ruamel.yaml import YAML

from kamlib.data.schema import TABLES
from kamlib.playbook import LANGUAGES, coverage, names, playbook, text

ROOT = Path(__file__).resolve().parents[1]
SOURCE_ITEMS = ROOT.parent / "shared" / "source_items.md"
REGISTRIES = ("policy", "metrics")  # have their own tests; their texts are read here all the same
TEXTS = [name for name in names() if name not in REGISTRIES]
SEGMENTS = ("core", "grow", "maintain", "optimise")
TIERS = ("strategic", "key", "basic")
STAGES = ("initial", "steady", "deep", "symbiosis")
KINDS = {kind for table in ("interactions", "events") for kind in TABLES[table].by_name["kind"].choices}
HAN = r"[\u4e00-\u9fff]"
TRANSLATIONESE = ("进行", "予以", "加以", "的的", "您")
OWN_RULE = re.compile(r"[MFA]\d+(-\d+)?[a-d]?|design")


def nodes(node):
    """Yield every mapping of a file, however deep."""
    if isinstance(node, dict):
        yield node
        for child in node.values():
            yield from nodes(child)
    elif isinstance(node, list):
        for child in node:
            yield from nodes(child)


def leaves(node):
    """Yield every text below a node."""
    if isinstance(node, str):
        yield node
    else:
        for child in node.values() if isinstance(node, dict) else node:
            yield from leaves(child)


def shape(node):
    """Return the keys of a translated node, so that two languages can be compared."""
    return {key: shape(child) for key, child in node.items()} if isinstance(node, dict) else type(node).__name__


def bilingual_files():
    """Return every file with texts: the whole playbook and the interface's words."""
    words = ROOT / "kamlib" / "show" / "words.yaml"
    files = {name: playbook(name) for name in names()}
    return files | {"words": YAML(typ="safe").load(words.read_text(encoding="utf-8"))}


FILES = bilingual_files()
EVERYWHERE = pytest.mark.parametrize("name", sorted(FILES))


def chinese(name):
    """Return every Chinese text of a file."""
    return [leaf for node in nodes(FILES[name]) if "zh" in node for leaf in leaves(node["zh"])]


def lines():
    """Return every line of the segments and stages that has a cadence."""
    return [line for name, keys in (("segments", SEGMENTS), ("lifecycle", STAGES)) for key in keys for line in playbook(name)[key]["lines"]]


def first_moves():
    """Return every first move with the place it stands in."""
    return [
        pytest.param(move, id=move["id"])
        for name, keys in (("segments", SEGMENTS), ("lifecycle", STAGES))
        for key in keys
        for move in playbook(name)[key]["next"]
    ]


def documented_keys():
    """Return the keys that docs/SOURCES.md explains."""
    return set(re.findall(r"^\| (\w+) \|", (ROOT / "docs" / "SOURCES.md").read_text(encoding="utf-8"), re.M)) - {"key"}


def keys_of(source):
    """Split the sources of an entry into keys."""
    return [part.split()[0] for part in re.split(r"[,;]\s*|\s+/\s+", str(source))]


@EVERYWHERE
def test_every_text_stands_in_both_languages(name):
    for node in nodes(FILES[name]):
        if any(language in node for language in LANGUAGES):
            assert all(language in node for language in LANGUAGES), node
            assert shape(node["en"]) == shape(node["zh"]), node
            assert all(leaf.strip() for language in LANGUAGES for leaf in leaves(node[language])), node


@pytest.mark.parametrize("name", sorted(set(FILES) - set(REGISTRIES)))
def test_no_text_is_cut_at_a_comma(name):
    for node in nodes(FILES[name]):  # an unquoted comma in {…} starts a new key without a value
        assert None not in node.values(), node


@EVERYWHERE
def test_chinese_is_set_as_chinese(name):
    for line in chinese(name):
        assert not re.search(rf"{HAN}\s*[,.;:!?()]\s*{HAN}", line), f"half-width punctuation: {line}"
        assert "  " not in line, f"double space: {line}"
        assert not re.search(rf"{HAN} {HAN}", line), f"space between characters: {line}"


@pytest.mark.parametrize("name", TEXTS)
def test_chinese_is_short_and_plain(name):
    for line in chinese(name):
        assert not any(word in line for word in TRANSLATIONESE), line
        assert not re.search(rf"\d{HAN}|{HAN}\d", line), f"a number stands apart from its unit: {line}"
        assert line.count("的") <= 3, line


@EVERYWHERE
def test_one_word_for_one_thing(name):
    avoided = {word: term["zh"] for term in playbook("glossary").values() for word in term.get("avoid", [])}
    for line in chinese(name):
        for word, better in avoided.items():
            assert word not in line, f"write {better}: {line}"


def test_glossary_has_every_term_once():
    terms = playbook("glossary")
    assert len(terms) == 127
    for language in LANGUAGES:
        assert len({term[language] for term in terms.values()}) == 127
    assert all(term["en"].count(" / ") == term["zh"].count(" / ") for term in terms.values())


def test_names_are_those_of_the_glossary():
    terms = {key: term["zh"] for key, term in playbook("glossary").items()}
    segments = [terms[key] for key in ("core_account", "growth_account", "maintain_account", "account_to_optimise")]
    stages = [terms[key] for key in ("initial_cooperation", "steady_cooperation", "deep_bond", "value_symbiosis")]
    assert [playbook("segments")[segment]["name"]["zh"] for segment in SEGMENTS] == segments
    assert [playbook("lifecycle")[stage]["name"]["zh"] for stage in STAGES] == stages
    assert " / ".join(playbook("tiers")[tier]["name"]["zh"] for tier in TIERS) == terms["strategic_key_basic_tier"]


@pytest.mark.parametrize("name", names())
def test_every_source_is_explained(name):
    for node in nodes(playbook(name)):
        for key in keys_of(node["source"]) if "source" in node else []:
            assert key in documented_keys() or OWN_RULE.fullmatch(key), f"docs/SOURCES.md does not explain {key}: {node}"


@pytest.mark.parametrize("name", sorted(set(TEXTS) - {"roles"}))
def test_every_entry_names_its_source(name):
    for node in nodes(playbook(name)):
        if "id" in node or "zh" in node and name == "glossary":
            assert node.get("source"), node


def test_ids_are_unique():
    ids = [node["id"] for name in TEXTS for node in nodes(playbook(name)) if "id" in node]
    assert len(ids) == len(set(ids)), sorted({one for one in ids if ids.count(one) > 1})


def test_items_are_rows_of_the_sources():
    numbers = [number for _, entry in coverage.entries() for number in entry.get("items", [])]
    assert numbers
    assert all(isinstance(number, int) and 1 <= number <= 391 for number in numbers)


def test_a_row_is_answered_by_an_entry_of_its_own_source():
    if not SOURCE_ITEMS.exists():
        pytest.skip(f"DID NOT RUN: {SOURCE_ITEMS} is absent, so rows cannot be compared with their essay")
    essay = {number: source for number, source, _, _ in coverage.item_rows(SOURCE_ITEMS.read_text(encoding="utf-8"))}
    for place, entry in coverage.entries():
        assert {essay[number] for number in entry.get("items", [])} <= set(keys_of(entry["source"])), place


@pytest.mark.parametrize("line", lines(), ids=lambda line: line["id"])
def test_every_line_can_be_planned_and_proved(line):
    cadences = [line[key] for key in ("every", "once") if key in line]
    assert len(cadences) == 1, "a line is due every so often, or once"
    for span in [*cadences, *(line[key] for key in ("from", "to") if key in line)]:
        assert list(span) in (["days"], ["months"])
        assert all(isinstance(number, int) and number > 0 for number in span.values())
    assert line["evidence"] and set(line["evidence"]) <= KINDS
    assert line["hours"] > 0
    assert {"key", "en", "zh"} <= set(line["owner"])
    assert line.get("until", STAGES[-1]) in STAGES
    assert line.get("cadence", "ours") == "ours"


def test_first_moves_are_two_or_three():
    for name, keys in (("segments", SEGMENTS), ("lifecycle", STAGES)):
        assert all(2 <= len(playbook(name)[key]["next"]) <= 3 for key in keys)


@pytest.mark.parametrize("move", first_moves())
def test_a_first_move_fits_the_first_screen(move):
    assert len(move["action"]["en"].split()) <= 14
    assert len(move["action"]["zh"]) <= 24
    assert isinstance(move["days"], int) and move["days"] > 0
    assert move["owner"]["en"]


@pytest.mark.parametrize(("segment", "days"), [("core", 31), ("grow", 92), ("maintain", 183), ("optimise", 366)])
def test_days_granted_are_those_of_reading_f55(segment, days):
    assert playbook("segments")[segment]["granted_days"] == days


@pytest.mark.parametrize(("segment", "monthly_hours", "year_hours"), [("core", 12, 232), ("grow", 6, 102), ("maintain", 2, 32)])
def test_a_year_of_lines_takes_the_hours_of_reading_f70(segment, monthly_hours, year_hours):
    lines = playbook("segments")[segment]["lines"]
    assert sum(12 / line["every"]["months"] * line["hours"] for line in lines) + 12 * monthly_hours == year_hours


def test_roles_are_known_on_both_sides():
    assert {role for tier in playbook("tiers").values() for role in tier["team"]} <= set(playbook("roles"))
    assert {entry["role"] for entry in playbook("account_file")["material"]} == set(TABLES["contacts"].by_name["role"].choices)


def test_optimise_without_a_pain_point_is_not_pursued():
    requires = playbook("segments")["optimise"]["requires"]
    assert "pain point" in requires["question"]["en"]
    assert text(requires["otherwise"], "en") == "Do not pursue."


def test_stages_begin_where_the_policy_says():
    policy = playbook("policy")["lifecycle"]
    entries = [playbook("lifecycle")[stage].get("entry") for stage in STAGES]
    assert entries[0] is None
    months = [policy[path.removeprefix("lifecycle.")]["value"] for path in entries[1:]]
    assert months == sorted(months) and set(entries[1:]) == set(playbook("metrics")["lifecycle_stage"]["policy"])
    assert list(playbook("lifecycle")) == list(STAGES)


def test_only_lines_of_the_first_stage_end_with_it():
    lines = {line["id"]: line.get("until") for stage in STAGES for line in playbook("lifecycle")[stage]["lines"]}
    assert {key for key, until in lines.items() if until} == {line["id"] for line in playbook("lifecycle")["initial"]["lines"]}


def test_a_higher_star_adds_benefits_on_both_sides():
    for star in (3, 4, 5):
        assert {benefit["side"] for benefit in playbook("stars")[star]["benefits"]} == {"inside", "outside"}


def test_a_claim_is_never_a_bare_number():
    assert text(playbook("claims")["label"], "en") == "Claim, not result"
    for claim in playbook("claims")["claims"]:
        assert {"id", "value", "unit", "claim", "source", "items"} <= set(claim), claim


def test_columns_of_the_account_file_exist():
    known = {f"{name}.{column}" for name, table in TABLES.items() for column in table.by_name}
    fields = [field for section in playbook("account_file")["sections"] for field in section["fields"]]
    assert {field["column"] for field in fields if "column" in field} <= known


def test_metrics_that_answer_items_exist():
    assert set(coverage.MEASURED_BY) <= set(playbook("metrics"))


def test_coverage_page_is_what_the_generator_writes():
    if not SOURCE_ITEMS.exists():
        pytest.skip(f"DID NOT RUN: {SOURCE_ITEMS} is absent, so docs/coverage.md cannot be generated again")
    page = (ROOT / "docs" / "coverage.md").read_text(encoding="utf-8")
    assert page == coverage.coverage_markdown(SOURCE_ITEMS.read_text(encoding="utf-8"))


def test_coverage_page_says_where_each_row_is_answered():
    page = (ROOT / "docs" / "coverage.md").read_text(encoding="utf-8")
    shown = {int(number): where for number, where in re.findall(r"^\| (\d+) \|.*\| (.+?) \|$", page, re.M)}
    assert sorted(shown) == list(range(1, 392))
    answers = coverage.answers()
    assert {number: re.findall(r"`(.+?)`", where) for number, where in shown.items() if where != coverage.NOT_YET} == answers


def test_method_page_states_the_defaults_of_the_policy():
    stated = re.findall(r"`([\w.]+)` = ([\d.]+\d|\d)", (ROOT / "docs" / "method.md").read_text(encoding="utf-8"))
    assert len(stated) >= 15
    for path, value in stated:
        leaf = playbook("policy")
        for step in path.split("."):
            leaf = leaf[step]
        assert leaf["value"] == float(value), path


def test_unknown_names_are_refused():
    with pytest.raises(ValueError, match="no playbook named 'tier'; there are .*tiers"):
        playbook("tier")
    with pytest.raises(ValueError, match="language must be en or zh, got 'de'"):
        text({"en": "yes", "zh": "是"}, "de")
