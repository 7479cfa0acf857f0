"""What a tag of the data is called, and the tags that a model is trained with: entities in BIO, whatever their scheme was."""

from collections.abc import Sequence

from tunesmith.metrics.tag_schemes import Scheme, bio_names, prefix_first


class TagNames:
    """The tags of a dataset.

    Args:
        labels: tags in the order of their numbers, as the config names them; None if it does not.
        entities: whether tags are of a scheme with entities.
        scheme: see `tunesmith.metrics.tag_schemes`; None to recognise one with prefixes.
        suffix: whether the prefix of a tag comes last, as in PER-B.

    Raises:
        ValueError: if a label is not of a scheme whose prefix comes last, though `suffix` is set.
    """

    def __init__(self, labels: Sequence[str] | None, *, entities: bool, scheme: Scheme | None, suffix: bool) -> None:
        self._entities, self._scheme = entities, scheme
        self.suffix = suffix and entities
        self.names = None if labels is None else tuple(map(self._written, labels))

    def name(self, tag: str | int) -> str:
        """The name of a tag, which may be a number if the config names the tags, as datasets on the hub do.

        Raises:
            ValueError: states what was expected and received.
        """
        if isinstance(tag, str):
            return self._written(tag)
        if self.names is None and self._entities:
            raise ValueError(
                f"tag {tag} is a number; set dataset.labels to the names of all tags in the order of their numbers, "
                "such as [O,B-PER,I-PER]"
            )
        if self.names is None:
            return str(tag)
        if not 0 <= tag < len(self.names):
            raise ValueError(f"tag {tag}, but there are {len(self.names)} labels")
        return self.names[tag]

    def _written(self, tag: str) -> str:
        """A tag that is written in the data or the config, with its prefix first."""
        return prefix_first(tag) if self.suffix else tag

    def trained(self) -> tuple[str, ...] | None:
        """The tags that a model is trained with if the data has those that the config names."""
        if (
            self.names is None
            or not self._entities
            or all(name == "O" or name[:2] in ("B-", "I-") for name in self.names)
        ):
            return self.names
        return bio_names(self.normal([name])[0] for name in self.names)

    def normal(self, tags: Sequence[str]) -> list[str]:
        """Tags of a sentence as used for training and scoring: entities in BIO."""
        from tunesmith.metrics.chunks import to_bio

        return to_bio(tags, self._scheme) if self._entities else list(tags)
