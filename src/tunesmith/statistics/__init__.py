"""Statistics over seeds and over examples: intervals, tests, effect sizes, ranks, expected performance."""
