"""One light pass over every split before anything heavy is loaded: its contents and its mistakes."""
