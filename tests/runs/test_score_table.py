"""The table of scores shows any title as it is; in rich's markup `[/b]` would be a tag."""

from tunesmith.runs.score_table import print_scores


def test_a_title_with_brackets(capsys):
    print_scores({"test/accuracy": 0.5}, title="runs/a[/b]", first=["accuracy"])
    shown = capsys.readouterr().out
    assert "runs/a[/b]" in shown and "0.5000" in shown
