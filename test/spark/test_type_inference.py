"""Columns of text get the narrowest type that keeps the meaning of every value, the published table's type first."""
from __future__ import annotations

import pytest

from lake_etl.read.type_inference import TypeRules, collect_masks, inferred_types, masks_by_column, with_type_masks
from lake_etl.read.type_masks import ALL_TYPES, inferred_type, may_have_type

# Values of a column, None for a missing one; and the type it settles to.
GUESSED = {
    'whole numbers': (['1', '-7', '0', '2147483647', None], 'int'),
    'beyond int': (['1', '2147483648'], 'bigint'),
    'identifiers of 20 digits': (['12345678901234567890', '1'], 'decimal(38,0)'),
    'identifiers of 38 digits': (['9' * 38], 'decimal(38,0)'),
    'identifiers of 39 digits': (['1' + '0' * 38], 'string'),
    'leading zeros': (['7', '007'], 'string'),
    'postal codes': (['94105', '02139'], 'string'),
    'negative with leading zero': (['-01'], 'string'),
    'zero': (['0', '-0'], 'int'),
    'fractions': (['1', '0.5', '-.5', '5.', '2147483648'], 'double'),
    'exponents after a point': (['1.0e3', '2.5E-4', '1'], 'double'),
    'exponents of identifiers': (['1E5', '12E12'], 'string'),
    'exponents beyond a double': (['1.0E4501', '1.5'], 'string'),
    'more digits than a double has': (['0.10', '99999999999999.99'], 'decimal(38,2)'),
    'many decimals': (['0.123456789012345678', '1'], 'decimal(38,18)'),
    'whole numbers beyond a double among fractions': (['12345678901234567890', '1.5'], 'decimal(38,2)'),
    'all digits of a double': (['0.30000000000000004', '1'], 'double'),
    'long numbers among exponents': (['1.5E3', '99999999999999.99'], 'string'),
    'more digits than a decimal has after a point': (['1234567890123456789012345678901234567.5'], 'string'),
    'a line break after digits': (['12\u0085', '13'], 'string'),
    'fraction after leading zeros': (['00.5'], 'string'),
    'telephone numbers': (['+41791234567', '0791234567'], 'string'),
    'signed by plus': (['+1'], 'string'),
    'telephone numbers with dashes': (['555-0100'], 'string'),
    'thousands': (['1,234', '1'], 'string'),
    'amounts with currency': (['$5', '5'], 'string'),
    'letters after digits': (['12d', '1f'], 'string'),
    'hexadecimal': (['0x1F'], 'string'),
    'no numbers': (['NaN', '1'], 'string'),
    'infinity': (['Infinity', '1.5'], 'string'),
    'spaces around': ([' 1', '1 '], 'string'),
    'other digits': (['١٢'], 'string'),
    'dates': (['2026-11-24', '0001-01-01', '2024-02-29', None], 'date'),
    'a day that is not': (['2026-02-30'], 'string'),
    'short dates': (['2026-1-2'], 'string'),
    'day first': (['24.11.2026'], 'string'),
    'compact dates': (['20261124'], 'int'),
    'timestamps': (['2026-11-24 01:02:03', '2026-11-24T01:02:03.123456Z', '2026-11-24 01:02:03+01:00'], 'timestamp'),
    'dates and timestamps': (['2026-11-24', '2026-11-24 01:02:03'], 'timestamp'),
    'an hour that is not': (['2026-11-24 25:00:00'], 'string'),
    'times': (['10:30'], 'string'),
    'dates and numbers': (['2026-11-24', '1'], 'string'),
    'booleans': (['true', 'FALSE', 'True', None], 'boolean'),
    'yes and no': (['yes', 'no'], 'string'),
    'booleans and numbers': (['true', '1'], 'string'),
    'text': (['a', '1'], 'string'),
    'nothing': ([None, None], 'string'),
    'spaces among numbers': (['  ', '1'], 'string'),
}
# The published type, the values of the file, and the type it settles to.
WITH_TABLE = {
    'whole numbers for a decimal': ('decimal(16,2)', ['1', '250'], 'decimal(16,2)'),
    'cents for a decimal': ('decimal(16,2)', ['1.50', '.5', '-0.10', '1e3'], 'decimal(16,2)'),
    'tenths of cents for a decimal': ('decimal(16,2)', ['1.50', '1.505'], 'double'),
    'more digits than a decimal has': ('decimal(6,2)', ['12345.67'], 'double'),
    'an endless exponent for a decimal': ('decimal(16,2)', ['1.50', '1e-2147483647'], 'string'),
    'narrower whole numbers': ('bigint', ['1', '2'], 'bigint'),
    'wider whole numbers': ('int', ['3000000000'], 'bigint'),
    'whole numbers for a double': ('double', ['1', '2'], 'double'),
    'an identifier for a double': ('double', ['10E4501', '1.5'], 'string'),
    'an exponent for a double': ('double', ['1E5', '1.5'], 'double'),
    'more digits than a double holds for a double': ('double', ['99999999999999.99', '1.5'], 'decimal(38,2)'),
    'fractions for an int': ('int', ['1', '1.5'], 'double'),
    'spaces around a number': ('int', [' 1', '2 '], 'int'),
    'leading zeros for an int': ('int', ['7', '007'], 'string'),
    'a plus for a bigint': ('bigint', ['+41791234567'], 'string'),
    'letters for a double': ('double', ['12d', '13f'], 'string'),
    'words for a double': ('double', ['NaN', '1.5'], 'string'),
    'numbers for text': ('string', ['1', '2'], 'string'),
    'dates for a date': ('date', ['2026-11-24', '2026-1-5'], 'date'),
    'times of day for a date': ('date', ['2026-11-24', '2026-11-24 10:30:00'], 'timestamp'),
    'years for a date': ('date', ['2026'], 'int'),
    'dates for a timestamp': ('timestamp', ['2026-11-24'], 'timestamp'),
    'times without a day for a timestamp': ('timestamp', ['10:30'], 'string'),
    'years for a timestamp': ('timestamp', ['2026'], 'int'),
    'text for a boolean': ('boolean', ['true', 'perhaps'], 'string'),
    'nothing for an int': ('int', [None, None], 'int'),
    'amounts among nothing': ('decimal(16,2)', [None, '1.5', None], 'decimal(16,2)'),
    'nothing for text': ('string', [None], 'string'),
    'whole numbers for a small int': ('smallint', ['1', '-5'], 'smallint'),
    'too much for a small int': ('smallint', ['70000'], 'int'),
}


@pytest.fixture(scope='module')
def settled(spark, small_data) -> dict[str, str]:
    """The settled type of every case, from one frame with a column for each."""
    cases = {name: (None, values) for name, (values, _) in GUESSED.items()}
    cases |= {name: (kind, values) for name, (kind, values, _) in WITH_TABLE.items()}
    longest = max(len(values) for _, values in cases.values())
    columns = [values + [None] * (longest - len(values)) for _, values in cases.values()]
    schema = ', '.join(f'`{name}` string' for name in cases)
    df = spark.createDataFrame(list(zip(*columns, strict=True)), schema)
    rules = TypeRules(table_types={name: kind for name, (kind, _) in cases.items() if kind})
    result, _ = collect_masks(with_type_masks(df, list(cases), rules), list(cases))
    assert result['rows'] == longest
    return inferred_types(masks_by_column(result, list(cases)), rules)


@pytest.mark.parametrize('case', GUESSED)
def test_a_new_column_gets_the_narrowest_type_that_fits(settled, case):
    assert settled[case] == GUESSED[case][1]


@pytest.mark.parametrize('case', WITH_TABLE)
def test_a_known_column_keeps_the_published_type_where_every_value_keeps_its_meaning(settled, case):
    assert settled[case] == WITH_TABLE[case][2]


@pytest.mark.parametrize('case', GUESSED)
def test_the_quick_look_never_rules_out_a_type_that_the_whole_file_would_get(case):
    values, kind = GUESSED[case]
    assert may_have_type(value or '' for value in values) or kind == 'string'


@pytest.mark.parametrize('case', ['leading zeros', 'postal codes', 'telephone numbers', 'text', 'yes and no',
                                  'amounts with currency', 'identifiers of 39 digits'])
def test_the_quick_look_rules_out_common_texts(case):
    assert not may_have_type(GUESSED[case][0])


@pytest.mark.parametrize(('table_type', 'expected'), [(None, 'string'), ('date', 'date'), ('string', 'string')])
def test_a_column_without_any_value_keeps_the_published_type_or_is_text(table_type, expected):
    assert inferred_type(ALL_TYPES, table_type) == expected


def test_the_sql_of_a_mask_is_planned_once_however_many_columns_there_are(spark):
    def patterns(columns: int) -> int:
        names = [f'field_{number}' for number in range(columns)]
        df = spark.createDataFrame([['1'] * columns], names)
        plan = with_type_masks(df, names, TypeRules())._jdf.queryExecution().optimizedPlan()
        return plan.toString().count('RLIKE')
    assert 1 <= patterns(2) == patterns(20)


@pytest.mark.parametrize('name', ['value', 'row', 'masks_0', 'fits_0', 'number', 'a b.`c'])
def test_a_column_may_have_any_name_that_the_masks_use(spark, name):
    df = spark.createDataFrame([['7', 'x'], ['8', 'y']], [name, 'other'])
    result, _ = collect_masks(with_type_masks(df, [name, 'other'], TypeRules()), [name, 'other'])
    types = inferred_types(masks_by_column(result, [name, 'other']), TypeRules())
    assert types == {name: 'int', 'other': 'string'}
