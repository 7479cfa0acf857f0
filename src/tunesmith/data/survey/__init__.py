"""One light pass over every split before anything heavy is loaded: what it holds, and what is wrong with it."""
