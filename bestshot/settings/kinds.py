"""Kinds of values that settings have: what one looks like, and how that is said to somebody who gave another."""

from typing import Annotated

from msgspec import Meta

from bestshot.model.photo import SOURCE_NAME

Count = Annotated[int, Meta(ge=1)]
Megabytes = Annotated[float, Meta(gt=0)]
# An empty path would mean the folder one happens to be in.
Text = Annotated[str, Meta(min_length=1)]
_Rating = r"(best|keep|rest)=(-1|[1-5])"
_Label = r"(best|keep|rest)=[^,=\x00-\x1f\x7f]*[^,=\s\x00-\x1f\x7f][^,=\x00-\x1f\x7f]*"
Ratings = Annotated[str, Meta(pattern=f"^{_Rating}(, *{_Rating})*$", description="a text such as best=5,rest=-1")]
Labels = Annotated[str, Meta(pattern=f"^{_Label}(,{_Label})*$", description="a text such as best=Green,rest=Red")]
Date = Annotated[
    str,
    Meta(
        pattern=r"^[12]\d{3}-\d\d-\d\d([T ]\d\d:\d\d(:\d\d)?(Z|[+-]\d\d:\d\d)?)?$",
        description="a date such as 2024-05-31, or with a time such as 2024-05-31T18:00",
    ),
]
Span = Annotated[
    str,
    Meta(
        pattern=r"^(?=.*[1-9])(\d{1,4}[wdhms])+$",
        description="a span of time such as 24h, 90m or 1d12h",
    ),
]
_Hour = r"([01]\d|2[0-3]):[0-5]\d"
Hours = Annotated[
    str,
    Meta(pattern=f"^{_Hour}(, *{_Hour})*$", description="a time of day such as 03:00, or several such as 03:00,15:00"),
]
Size = Annotated[
    str,
    Meta(pattern=r"^\d+(\.\d+)? *([kKmMgG]i?)?[bB]?$", description="a size such as 500KB or 1.5MB, as a text"),
]
Rule = Annotated[str, Meta(pattern="^(raw|largest|(folder|person):.+)$")]

Source = Annotated[
    str, Meta(pattern=SOURCE_NAME, description="local, immich or the name of a source that another package brings")
]
