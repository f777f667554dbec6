"""States, districts, territories and provinces of the United States and Canada by name and letters."""

_NAMES = (
    "AL Alabama|AK Alaska|AZ Arizona|AR Arkansas|CA California|CO Colorado|CT Connecticut|DE Delaware"
    "|DC District of Columbia|FL Florida|GA Georgia|HI Hawaii|ID Idaho|IL Illinois|IN Indiana|IA Iowa|KS Kansas"
    "|KY Kentucky|LA Louisiana|ME Maine|MD Maryland|MA Massachusetts|MI Michigan|MN Minnesota|MS Mississippi"
    "|MO Missouri|MT Montana|NE Nebraska|NV Nevada|NH New Hampshire|NJ New Jersey|NM New Mexico|NY New York"
    "|NC North Carolina|ND North Dakota|OH Ohio|OK Oklahoma|OR Oregon|PA Pennsylvania|RI Rhode Island"
    "|SC South Carolina|SD South Dakota|TN Tennessee|TX Texas|UT Utah|VT Vermont|VA Virginia|WA Washington"
    "|WV West Virginia|WI Wisconsin|WY Wyoming|PR Puerto Rico|VI Virgin Islands|GU Guam|AS American Samoa"
    "|MP Northern Mariana Islands|AB Alberta|BC British Columbia|MB Manitoba|NB New Brunswick"
    "|NL Newfoundland and Labrador|NS Nova Scotia|NT Northwest Territories|NU Nunavut|ON Ontario"
    "|PE Prince Edward Island|QC Quebec|SK Saskatchewan|YT Yukon"
)

STATES: dict[str, str] = {}
"""Two letters by name and by letters, both in small letters without punctuation."""
for _entry in _NAMES.split("|"):
    _code, _, _name = _entry.partition(" ")
    STATES[_code.lower()] = STATES[_name.lower()] = _code
STATES |= {"mass": "MA", "conn": "CT", "calif": "CA", "penn": "PA", "wash": "WA", "washington dc": "DC", "d c": "DC"}
