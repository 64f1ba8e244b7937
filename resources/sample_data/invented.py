"""Names and places that invented people and companies are put together from."""
from __future__ import annotations

from .draw import Draw

FIRST_NAMES = (
    'Ada', 'Amir', 'Anneke', 'Beatriz', 'Björn', 'Carmen', 'Cedric', 'Chiara', 'Dalia', 'Desmond', 'Elif', 'Emeka',
    'Fiona', 'Gustav', 'Hana', 'Henrik', 'Ines', 'Ivo', 'Jada', 'José', 'Kenji', 'Kirsten', 'Leila', 'Ludo', 'Mabel',
    'Mateo', 'Nadia', 'Niall', 'Odette', 'Omar', 'Paloma', 'Petra', 'Quentin', 'Rhea', 'Rosalind', 'Santiago', 'Tamsin',
    'Tobias', 'Uma', 'Viggo', 'Wanda', 'Xavier', 'Yusuf', 'Zoë')
LAST_NAMES = (
    'Abernale', 'Ashgrove', 'Birkwell', 'Brandvold', 'Calderwick', 'Castellano', 'Dunmarrow', 'Eastlake', 'Fairbourne',
    'Fennimore', 'Garrowby', 'Greystoke', 'Hallowell', 'Harrowgate', 'Ingleton', 'Jansdotter', 'Kestrel', 'Kowalczuk',
    'Larkspur', 'Lindqvist', 'Marchbank', 'Mirandola', "O'Farrow", 'Oyelaran', 'Pemberley', 'Quillfeather',
    'Ravensworth', 'Saltmarsh', 'Skovgaard', 'Tanakawa', 'Thornbury', 'Underhill', 'Valderrama', 'Whitlock', 'Yarrow',
    'Zielinska')
INDUSTRIES = (
    ('Bakeries', 'Food and Beverage', 'Bakery'), ('Breweries', 'Food and Beverage', 'Brewing'),
    ('Carpentry', 'Construction', 'Carpentry'), ('Roofing', 'Construction', 'Roofing'),
    ('Trucking', 'Transportation', 'Freight'), ('Couriers', 'Transportation', 'Couriers'),
    ('Dental Offices', 'Health Care', 'Dental'), ('Home Care', 'Health Care', 'Home Care'),
    ('Software', 'Technology', 'Systems'), ('Web Hosting', 'Technology', 'Networks'),
    ('Machine Shops', 'Manufacturing', 'Tooling'), ('Furniture', 'Manufacturing', 'Furniture'),
    ('Hardware Stores', 'Retail', 'Hardware'), ('Florists', 'Retail', 'Flowers'),
    ('Restaurants', 'Hospitality', 'Kitchen'), ('Hotels', 'Hospitality', 'Lodging'))
PLACES = (
    ('Akron', 'OH', '44308', '330'), ('Albany', 'NY', '12207', '518'), ('Boise', 'ID', '83702', '208'),
    ('Boston', 'MA', '02139', '617'), ('Charleston', 'SC', '29401', '843'), ('Chicago', 'IL', '60602', '312'),
    ('Columbus', 'OH', '43215', '614'), ('Denver', 'CO', '80203', '303'), ('Duluth', 'MN', '55802', '218'),
    ('Fresno', 'CA', '93721', '559'), ('Hartford', 'CT', '06103', '860'), ('Houston', 'TX', '77002', '713'),
    ('Madison', 'WI', '53703', '608'), ('Memphis', 'TN', '38103', '901'), ('Newark', 'NJ', '07102', '973'),
    ('Omaha', 'NE', '68102', '402'), ('Phoenix', 'AZ', '85004', '602'), ('Portland', 'ME', '04101', '207'),
    ('Portland', 'OR', '97204', '503'), ('Providence', 'RI', '02903', '401'), ('Raleigh', 'NC', '27601', '919'),
    ('Reno', 'NV', '89501', '775'), ('San Diego', 'CA', '92101', '619'), ('Seattle', 'WA', '98104', '206'),
    ('Tampa', 'FL', '33602', '813'), ('Tulsa', 'OK', '74103', '918'))
STREETS = ('Alder Street', 'Canal Road', 'Foundry Lane', 'Harbor Avenue', 'Linden Court', 'Mill Street', 'Orchard Way',
           'Quarry Road', 'Station Square', 'Willow Terrace')
MAIL_DOMAINS = ('example.com', 'example.net', 'example.org')
COMPANY_FORMS = ('{last} {trade} Inc.', '{last}, {other} & Sons, LLC', 'The "{last}" {trade} Company',
                 '{place} {trade}', '{last} and {other} {trade}, Inc.', '{first} {last} {trade}',
                 '{last} {trade} Group')
WITHOUT_ACCENTS = str.maketrans('áéíóúñöøëÖ', 'aeiounooeO', "' ")


def company_name(draw: Draw, trade: str, place: str) -> str:
    """Return a company name; some hold commas, ampersands or quotation marks, as real ones do."""
    return draw.pick(COMPANY_FORMS).format(first=draw.pick(FIRST_NAMES), last=draw.pick(LAST_NAMES),
                                           other=draw.pick(LAST_NAMES), trade=trade, place=place)


def mail_address(draw: Draw, first_name: str, last_name: str) -> str:
    """Return an address in one of the domains that are reserved for examples."""
    person = f'{first_name}.{last_name}'.translate(WITHOUT_ACCENTS).lower()
    return f'{person}{draw.whole(1, 99)}@{draw.pick(MAIL_DOMAINS)}'


def phone_number(draw: Draw, area: str) -> str:
    """Return a number of the range 555-0100 to 555-0199, which is kept free for fiction."""
    return f'({area}) 555-01{draw.whole(0, 99):02d}'


def employer_number(draw: Draw) -> str:
    """Return a tax number of an employer; none is issued with the prefix 00."""
    return f'00-{draw.whole(0, 9999999):07d}'


def social_security_number(draw: Draw) -> str:
    """Return a social security number; none is issued in the area 666."""
    return f'666-{draw.whole(1, 99):02d}-{draw.whole(1, 9999):04d}'
