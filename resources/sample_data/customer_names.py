"""Names, short names and streets of invented customers; common ones come first and are drawn more often."""
from __future__ import annotations

WOMEN = (
    'Mary', 'Jennifer', 'Elizabeth', 'Patricia', 'Margaret', 'Susan', 'Katherine', 'Barbara', 'Deborah', 'Rebecca',
    'Laura', 'Sandra', 'Pamela', 'Christine', 'Victoria', 'Abigail', 'Alexandra', 'Amanda', 'Angela', 'Carolyn',
    'Cynthia', 'Dorothy', 'Eleanor', 'Emily', 'Frances', 'Gabrielle', 'Helen', 'Isabella', 'Jacqueline', 'Jessica',
    'Judith', 'Kimberly', 'Linda', 'Madeleine', 'Michelle', 'Nancy', 'Olivia', 'Penelope', 'Rachel', 'Samantha',
    'Sarah', 'Stephanie', 'Theresa', 'Valerie', 'Virginia', 'Wilhelmina', 'Yvonne', 'Agnes', 'Beatriz', 'Carmen',
    'Chiara', 'Dalia', 'Elif', 'Fiona', 'Hana', 'Ines', 'Jada', 'Leila', 'Mabel', 'Nadia', 'Odette', 'Paloma', 'Petra',
    'Rhea', 'Rosalind', 'Tamsin', 'Uma', 'Wanda', 'Zoë', 'Anneke', 'Kirsten', 'Ada', 'Astrid', 'Bronwen', 'Cosima',
    'Delphine', 'Eudora', 'Flora', 'Greta', 'Hedwig', 'Imogen', 'Juno', 'Kalliope', 'Lavinia', 'Mirjam', 'Noor',
    'Ottilie', 'Philippa', 'Ramona', 'Sibyl', 'Thea', 'Ulrika', 'Vesna', 'Winifred', 'Xenia', 'Yasmin', 'Zelda')
MEN = (
    'James', 'Robert', 'John', 'Michael', 'William', 'David', 'Richard', 'Joseph', 'Thomas', 'Charles', 'Christopher',
    'Daniel', 'Matthew', 'Anthony', 'Donald', 'Steven', 'Andrew', 'Kenneth', 'Joshua', 'Edward', 'Ronald', 'Timothy',
    'Jeffrey', 'Jacob', 'Nicholas', 'Jonathan', 'Stephen', 'Lawrence', 'Benjamin', 'Samuel', 'Gregory', 'Alexander',
    'Frederick', 'Patrick', 'Raymond', 'Walter', 'Peter', 'Harold', 'Henry', 'Zachary', 'Gerald', 'Albert', 'Arthur',
    'Eugene', 'Leonard', 'Vincent', 'Phillip', 'Theodore', 'Amir', 'Björn', 'Cedric', 'Desmond', 'Emeka', 'Gustav',
    'Henrik', 'Ivo', 'José', 'Kenji', 'Ludo', 'Mateo', 'Niall', 'Omar', 'Quentin', 'Santiago', 'Tobias', 'Viggo',
    'Xavier', 'Yusuf', 'Aldous', 'Bartholomew', 'Casper', 'Dietrich', 'Ezekiel', 'Florian', 'Gideon', 'Horatio',
    'Ignatius', 'Joachim', 'Konrad', 'Leopold', 'Magnus', 'Nathaniel', 'Oswald', 'Percival', 'Rafael', 'Sebastian',
    'Thaddeus', 'Ulysses', 'Valentin', 'Wolfgang', 'Yannick', 'Zoltan')
SHORT_NAMES = {
    'Mary': ('Molly', 'Polly'), 'Jennifer': ('Jen', 'Jenny'), 'Elizabeth': ('Liz', 'Beth', 'Betty', 'Eliza'),
    'Patricia': ('Pat', 'Patty', 'Trish'), 'Margaret': ('Peggy', 'Maggie', 'Meg'), 'Susan': ('Sue', 'Susie'),
    'Katherine': ('Kate', 'Kathy', 'Katie'), 'Barbara': ('Barb', 'Babs'), 'Deborah': ('Deb', 'Debbie'),
    'Rebecca': ('Becky', 'Becca'), 'Sandra': ('Sandy',), 'Pamela': ('Pam',), 'Christine': ('Chris', 'Tina'),
    'Victoria': ('Vicky', 'Tori'), 'Abigail': ('Abby', 'Gail'), 'Alexandra': ('Alex', 'Sandra'), 'Amanda': ('Mandy',),
    'Angela': ('Angie',), 'Cynthia': ('Cindy',), 'Dorothy': ('Dot', 'Dottie'), 'Eleanor': ('Ellie', 'Nell', 'Nora'),
    'Frances': ('Fran', 'Frankie'), 'Isabella': ('Bella', 'Izzy'), 'Jacqueline': ('Jackie',), 'Jessica': ('Jess',),
    'Judith': ('Judy',), 'Kimberly': ('Kim',), 'Penelope': ('Penny',), 'Samantha': ('Sam',), 'Stephanie': ('Steph',),
    'Theresa': ('Terry', 'Tess'), 'Virginia': ('Ginny',), 'Winifred': ('Winnie', 'Freda'), 'James': ('Jim', 'Jimmy'),
    'Robert': ('Bob', 'Rob', 'Bobby'), 'John': ('Jack', 'Johnny'), 'Michael': ('Mike', 'Mick'),
    'William': ('Bill', 'Will', 'Billy'), 'David': ('Dave',), 'Richard': ('Dick', 'Rick', 'Rich'),
    'Joseph': ('Joe', 'Joey'), 'Thomas': ('Tom', 'Tommy'), 'Charles': ('Chuck', 'Charlie'), 'Christopher': ('Chris',),
    'Daniel': ('Dan', 'Danny'), 'Matthew': ('Matt',), 'Anthony': ('Tony',), 'Donald': ('Don',), 'Steven': ('Steve',),
    'Andrew': ('Andy', 'Drew'), 'Kenneth': ('Ken',), 'Joshua': ('Josh',), 'Edward': ('Ed', 'Ted', 'Ned'),
    'Ronald': ('Ron',), 'Timothy': ('Tim',), 'Jeffrey': ('Jeff',), 'Nicholas': ('Nick',), 'Jonathan': ('Jon',),
    'Stephen': ('Steve',), 'Lawrence': ('Larry',), 'Benjamin': ('Ben',), 'Samuel': ('Sam',), 'Gregory': ('Greg',),
    'Alexander': ('Alex', 'Sandy'), 'Frederick': ('Fred', 'Rick'), 'Patrick': ('Pat', 'Paddy'), 'Raymond': ('Ray',),
    'Walter': ('Walt',), 'Peter': ('Pete',), 'Harold': ('Harry', 'Hal'), 'Henry': ('Harry', 'Hank'),
    'Zachary': ('Zach',), 'Gerald': ('Jerry',), 'Albert': ('Al', 'Bert'), 'Eugene': ('Gene',), 'Leonard': ('Len',),
    'Theodore': ('Ted', 'Theo'), 'Nathaniel': ('Nate', 'Nat'), 'Sebastian': ('Seb',)}
NAME_BEGINNINGS = (
    'Ash', 'Birk', 'Brand', 'Calder', 'Dun', 'East', 'Fair', 'Gar', 'Hallo', 'Harrow', 'Ingle', 'Jan', 'Kestrel',
    'Lark', 'Lind', 'March', 'Mir', 'Nether', 'Oak', 'Pember', 'Quill', 'Raven', 'Salt', 'Skov', 'Tana', 'Thorn',
    'Under', 'Val', 'Whit', 'Yar', 'Ziel', 'Aber', 'Black', 'Cran', 'Dal', 'Elm', 'Fen', 'Grey', 'Hazel', 'Iron',
    'Jute', 'Kirk', 'Long', 'Mallow', 'New', 'Ox', 'Pine', 'Red', 'Stan', 'Tarn', 'Upper', 'Vex', 'Wester', 'Win')
NAME_ENDINGS = (
    'grove', 'well', 'wick', 'ley', 'ton', 'field', 'more', 'by', 'stoke', 'gate', 'son', 'dotter', 'mark', 'qvist',
    'bank', 'dale', 'feather', 'worth', 'marsh', 'gaard', 'bury', 'hill', 'lock', 'row', 'inska', 'land', 'ford',
    'burn', 'combe', 'shaw', 'thwaite', 'holm', 'croft', 'mere', 'den', 'ham', 'ster', 'wood', 'rick', 'stead')
LAST_NAMES = tuple(f'{beginning}{ending}' for ending in NAME_ENDINGS for beginning in NAME_BEGINNINGS)
STREET_NAMES = (
    'Alder', 'Canal', 'Foundry', 'Harbor', 'Linden', 'Mill', 'Orchard', 'Quarry', 'Station', 'Willow', 'Acorn',
    'Beacon', 'Birch', 'Bridge', 'Cedar', 'Chapel', 'Cherry', 'Copper', 'Cypress', 'Depot', 'Eagle', 'Falcon', 'Ferry',
    'Forest', 'Garden', 'Granite', 'Hawthorn', 'Heron', 'Hickory', 'Juniper', 'Lake', 'Lantern', 'Laurel', 'Maple',
    'Meadow', 'Mulberry', 'Oak', 'Osprey', 'Park', 'Pine', 'Poplar', 'Prospect', 'Ridge', 'River', 'Sawmill',
    'Spruce', 'Summit', 'Sycamore', 'Tannery', 'Valley', 'Walnut', 'Wharf')
STREET_KINDS = (('Street', 'St'), ('Road', 'Rd'), ('Avenue', 'Ave'), ('Lane', 'Ln'), ('Drive', 'Dr'), ('Court', 'Ct'),
                ('Boulevard', 'Blvd'), ('Way', 'Way'))
OCCUPATIONS = ('Accountant', 'Baker', 'Carpenter', 'Clerk', 'Driver', 'Electrician', 'Engineer', 'Farmer', 'Florist',
               'Librarian', 'Mechanic', 'Nurse', 'Physician', 'Programmer', 'Retired', 'Student', 'Teacher', 'Welder')
