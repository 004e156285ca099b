"""`python -m rules`: what is printed, and the exit codes."""

import json
from pathlib import Path

import pytest

from rules.__main__ import main

SVEG = Path(__file__).parent / "scenarios" / "sveg-atm.toml"
DEFAULT = Path(__file__).parents[2] / "rules" / "policies" / "default.yaml"


def test_advice_begins_with_its_sentence_and_names_every_channel(capsys: pytest.CaptureFixture[str]) -> None:
    code = main(["advise", str(SVEG)])

    printed = capsys.readouterr().out
    assert code == 0
    assert "→ Status page and SMS: about 221 of 1,450 people informed before 15:00" in printed
    assert all(word in printed for word in ("USE       sms", "avoid     email", "avoid     facebook", "narrow-geo"))


def test_advice_for_programs_is_json(capsys: pytest.CaptureFixture[str]) -> None:
    code = main(["advise", str(SVEG), "--json"])

    advice = json.loads(capsys.readouterr().out)
    assert code == 0
    assert advice["channels"]["facebook"]["verdict"] == "avoid"
    assert advice["remaining_minutes"] == 170


def test_an_expectation_that_does_not_hold_is_printed_and_exits_with_one(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    file = tmp_path / "wrong.toml"
    file.write_text(SVEG.read_text(encoding="utf-8").replace('email = "avoid"', 'email = "use"'), encoding="utf-8")

    code = main(["advise", str(file)])

    assert code == 1
    assert "MISSED email: expected use, got avoid" in capsys.readouterr().out


def test_a_wrong_file_names_the_key_and_exits_with_two(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    file = tmp_path / "wrong.toml"
    file.write_text(SVEG.read_text(encoding="utf-8").replace('"minor"', '"mino"'), encoding="utf-8")

    code = main(["advise", str(file)])

    assert code == 2
    assert 'incident.severity: "mino" is not known. Did you mean "minor"?' in capsys.readouterr().err


def test_a_file_that_is_not_there_exits_with_two(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["advise", "nowhere.toml"]) == 2
    assert "nowhere.toml" in capsys.readouterr().err


def test_the_default_policy_may_come_into_force(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["check", str(DEFAULT)]) == 0
    assert "rules, version" in capsys.readouterr().out


def test_mistakes_are_printed_with_file_line_and_column(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    file = tmp_path / "policy.yaml"
    file.write_text(
        DEFAULT.read_text(encoding="utf-8").replace("kind: maintenance", "kind: maintenence"), encoding="utf-8"
    )

    code = main(["check", str(file)])

    printed = capsys.readouterr().out
    assert code == 1
    assert printed.startswith(f"{file}:")
    assert 'Did you mean "maintenance"?' in printed


def test_a_policy_that_cannot_be_read_exits_with_two(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    file = tmp_path / "policy.yaml"
    file.write_text("rules: [", encoding="utf-8")

    assert main(["check", str(file)]) == 2
    assert ":1:" in capsys.readouterr().out


def test_another_policy_can_be_tried(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    file = tmp_path / "none.yaml"
    file.write_text(
        "rules:\n  - {rule: no, channels: all, when: always, then: block, because: Silence.}\n", encoding="utf-8"
    )

    code = main(["advise", str(SVEG), "--policy", str(file)])

    assert code == 1
    assert "No channel is recommended" in capsys.readouterr().out


def test_a_check_tells_promises_scenarios_and_a_verdict(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["check", str(DEFAULT)]) == 0

    printed = capsys.readouterr().out
    assert "promise: Proved: a-drill-stays-inside" in printed
    assert "scenario: Phishing in our name: holds." in printed
    assert "may come into force" in printed


def test_a_contradiction_keeps_a_policy_back_also_for_programs(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    file = tmp_path / "policy.yaml"
    file.write_text(
        "rules:\n"
        "  - {rule: a, channels: [sms], when: {kind: fraud}, then: use, because: x}\n"
        "  - {rule: b, channels: [sms], when: {severity: severe}, then: avoid, because: x}\n",
        encoding="utf-8",
    )

    code = main(["check", str(file), "--json"])

    checked = json.loads(capsys.readouterr().out)
    assert code == 1
    assert checked["may_come_into_force"] is False
    assert checked["found"][0]["matter"] == "contradiction"
    assert checked["found"][0]["example"]["facts"] == {"kind": "fraud", "severity": "severe"}


def test_mistakes_are_told_to_programs_too(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    file = tmp_path / "policy.yaml"
    file.write_text("rules:\n  - {rule: a, channels: [sms], when: {knd: x}, then: use, because: x}\n", encoding="utf-8")

    assert main(["check", str(file), "--json"]) == 1
    assert json.loads(capsys.readouterr().out)["mistakes"][0]["line"] == 2


def test_a_diff_tells_meaning_and_exits_with_one(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    file = tmp_path / "new.yaml"
    file.write_text(DEFAULT.read_text(encoding="utf-8").replace("at least 10 %", "at least 5 %"), encoding="utf-8")

    assert main(["diff", str(DEFAULT), str(file)]) == 1
    assert "facebook: avoid → use when lead time less than 24 h" in capsys.readouterr().out
    assert main(["diff", str(DEFAULT), str(file), "--json"]) == 1
    assert json.loads(capsys.readouterr().out)[0]["after"] == "use"
    assert main(["diff", str(DEFAULT), str(DEFAULT)]) == 0


def test_a_replay_lists_what_changes(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    file = tmp_path / "past.jsonl"
    file.write_text('{"id": "a", "facts": {"shown as working": true}, "decided": {"sms": "use"}}\n', encoding="utf-8")

    assert main(["replay", str(file)]) == 1
    assert "a: sms use → block" in capsys.readouterr().out
    assert main(["replay", str(file), "--against", str(DEFAULT)]) == 0
    assert main(["replay", str(file), "--json"]) == 1
    assert json.loads(capsys.readouterr().out.partition("\n")[2])["changed"] == 1


def test_what_if_names_ways(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["what-if", str(SVEG)]) == 0
    assert "use if share affected: at least 10 % and noticeable: yes" in capsys.readouterr().out
    assert main(["what-if", str(SVEG), "--json"]) == 0
    assert json.loads(capsys.readouterr().out)["facebook"]["verdict"] == "avoid"


def test_format_tells_and_with_write_changes(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    file = tmp_path / "policy.yaml"
    file.write_text("rules: []  # none yet   \n\n\n\n", encoding="utf-8")

    assert main(["format", str(file)]) == 1
    assert main(["format", str(file), "--write"]) == 1
    assert file.read_text(encoding="utf-8") == "rules: []  # none yet\n"
    assert main(["format", str(file)]) == 0
    assert "Spaces at the end" in capsys.readouterr().out


@pytest.mark.parametrize(
    ("line", "words"),
    [
        ("[" * 100_000, "nested too deep"),
        ('{"id": "a", "facts": {"cost@sms": ' + "9" * 5_000 + "}}", "a number is too long"),
        ('{"id": "a", "facts": {"cost@sms": 1' + "0" * 400 + "}}", "is not one of its values"),
        ('{"id": "a", "facts": {"cost@sms": Infinity}}', "is not one of its values"),
        ('{"id": "a", "facts": {"cost@smss": 1}}', '"smss" is not a channel of the policy. Did you mean "sms"?'),
        ('{"id": "a", "facts": {}, "decided": {"sms": "uze"}}', '"uze" on sms is no verdict. Did you mean "use"?'),
        ('{"id": "a", "facts": {}, "announced": ["sns"]}', '"sns" is not a channel of the policy'),
        ('{"id": "a", "facts": {}, "decidid": {}}', '"decidid" is not known here. Did you mean "decided"?'),
        ('{"id": "a", "facts": {"kind@sms": "fraud"}}', "kind is the same for every channel: leave out @sms."),
    ],
)
def test_a_past_incident_that_cannot_be_meant_exits_with_two_and_never_as_a_change(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], line: str, words: str
) -> None:
    file = tmp_path / "past.jsonl"
    file.write_text(line, encoding="utf-8")

    assert main(["replay", str(file)]) == 2
    told = capsys.readouterr().err
    assert words in told
    assert len(told) < 500


def test_a_line_of_past_incidents_ends_at_its_line_end_alone(tmp_path: Path) -> None:
    file = tmp_path / "past.jsonl"
    file.write_text('{"id": "a\u2028b", "facts": {}}\r\n', encoding="utf-8", newline="")

    assert main(["replay", str(file)]) == 0


@pytest.mark.parametrize(
    ("old", "new", "words"),
    [
        ("affected = 1_450", "affected = " + "9" * 5_000, "a number is too long"),
        ("affected = 1_450", "affected = 1" + "0" * 400, "audience.affected: is 1000"),
        ("affected = 1_450", "affected = 1_450\nlanguages = " + "[" * 5_000, "nested too deep"),
    ],
)
def test_a_scenario_that_cannot_be_read_exits_with_two(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], old: str, new: str, words: str
) -> None:
    file = tmp_path / "wrong.toml"
    file.write_text(SVEG.read_text(encoding="utf-8").replace(old, new), encoding="utf-8")

    assert main(["advise", str(file)]) == 2
    assert words in capsys.readouterr().err


def test_the_file_that_is_not_text_is_the_one_that_is_named(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    file = tmp_path / "policy.yaml"
    file.write_bytes(b"\xff\xfe")

    assert main(["advise", str(SVEG), "--policy", str(file)]) == 2
    assert capsys.readouterr().err == f"{file}: The file is not text in UTF-8.\n"
