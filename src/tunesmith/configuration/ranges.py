"""Annotated types for settings, which restrict the values that a configuration may hold; numbers are finite."""

from typing import Annotated

from annotated_types import Ge, Gt, Le, Len, Lt
from pydantic import FiniteFloat as FiniteFloat

PositiveInt = Annotated[int, Gt(0)]
NonNegativeInt = Annotated[int, Ge(0)]
PositiveFloat = Annotated[FiniteFloat, Gt(0)]
NonPositiveFloat = Annotated[FiniteFloat, Le(0)]
NonNegativeFloat = Annotated[FiniteFloat, Ge(0)]
Probability = Annotated[FiniteFloat, Ge(0), Le(1)]
AtLeastOne = Annotated[FiniteFloat, Ge(1)]
OpenFraction = Annotated[FiniteFloat, Gt(0), Lt(1)]
BelowOne = Annotated[FiniteFloat, Ge(0), Lt(1)]
PositiveFraction = Annotated[FiniteFloat, Gt(0), Le(1)]
Seed = Annotated[int, Ge(0), Lt(2**32)]
Pair = Annotated[list[BelowOne], Len(2, 2)]  # Adam's betas
PositivePair = Annotated[list[OpenFraction], Len(2, 2)]
OptionalPair = Annotated[list[NonNegativeFloat | None], Len(2, 2)]  # Adafactor's eps
