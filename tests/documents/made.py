"""A document with everything in it, hostile texts included."""

from tunesmith.documents.document import Picture, Score, Section, Table
from tunesmith.figures import style

HOSTILE = "<script>document.title='x'</script> | $x_1$ \\input{/etc/passwd} & % # ~ ^ {} `a` **b** \x1b[31m \u202egnp"


def figure(title="Loss"):
    drawn, (axes,) = style.new_figure(title, x="optimizer steps", y="loss (nats)")
    with style.look():
        axes.plot([1, 2, 3], [0.5, 0.2, 0.1], color=style.COLORS[0], label=HOSTILE[:20])
        axes.legend()
    return drawn


def table():
    rows = [
        ["adamw", 5, Score(0.91234, 0.0123, best=True), 1.5e-5, None],
        [HOSTILE, 3, Score(0.8, None), float("nan"), "-x"],
        ["=1+1", 10, Score(0.85, 0.01), 123456789.0, "b"],
    ]
    return Table(
        "results", "Results of <b>", ["optimizer", "seeds", "test/f1", "optimizer.lr", HOSTILE], rows, "Mean ± std."
    )


def document():
    return [
        Section("Results & <more>", [HOSTILE, table()]),
        Section("Figures", [Picture("loss", "Loss", figure(), HOSTILE)]),
    ]
