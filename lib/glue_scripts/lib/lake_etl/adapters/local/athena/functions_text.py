"""Lists the functions on texts, JSON and URLs, and how each is written for DuckDB."""
from __future__ import annotations

from collections.abc import Iterator

from lake_etl.adapters.local.athena import values_json, values_json_sql, values_regex, values_text
from lake_etl.adapters.local.athena.signatures import FunctionForm, python_form, sql_form

BLANKS = ''.join(map(chr, (*range(9, 14), *range(28, 33), 0x1680, *range(0x2000, 0x2007), *range(0x2008, 0x200b),
                           0x2028, 0x2029, 0x205f, 0x3000)))
REST = ("CASE WHEN {1} = 0 OR abs({1}) > length({0}) THEN left({0}, 0) WHEN {1} < 0 THEN substring({0}, length({0}) + "
        '{1} + 1) ELSE substring({0}, {1}) END')
PART = ("CASE WHEN {1} = 0 OR abs({1}) > length({0}) OR {2} <= 0 THEN left({0}, CAST({1} * {2} * 0 AS BIGINT)) WHEN "
        '{1} < 0 THEN substring({0}, length({0}) + {1} + 1, {2}) ELSE substring({0}, {1}, {2}) END')
# DuckDB makes ẞ of ß, which Athena leaves as it is.
UPPER = "replace(upper(replace({0}, 'ß', chr(57344))), chr(57344), 'ß')"


def text_forms() -> Iterator[FunctionForm]:
    """Yield the forms of all functions on texts."""
    for kind in ('varchar', 'char'):
        yield sql_form(f'length({kind}) -> bigint', 'length({0})')
    yield sql_form('lower(varchar) -> varchar', 'lower({0})')
    yield sql_form('upper(varchar) -> varchar', UPPER)
    yield python_form('reverse(varchar) -> varchar', _reversed)
    for name in ('trim', 'ltrim', 'rtrim'):
        yield sql_form(f'{name}(varchar) -> varchar', f"{name}({{0}}, '{BLANKS}')")
        yield sql_form(f'{name}(varchar, varchar) -> varchar', f'{name}({{0}}, {{1}})')
    for name in ('substr', 'substring'):
        yield sql_form(f'{name}(varchar, bigint) -> varchar', REST)
        yield sql_form(f'{name}(varchar, bigint, bigint) -> varchar', PART)
    yield sql_form('replace(varchar, varchar) -> varchar', "replace({0}, {1}, '')")
    yield python_form('replace(varchar, varchar, varchar) -> varchar', _replace)
    yield sql_form('starts_with(varchar, varchar) -> boolean', 'starts_with({0}, {1})')
    yield sql_form('strpos(varchar, varchar) -> bigint', "CASE WHEN {1} = '' THEN CASE WHEN {0} IS NOT NULL THEN 1 END "
                   'ELSE strpos({0}, {1}) END')
    yield python_form('strpos(varchar, varchar, bigint) -> bigint', values_text.strpos)
    yield sql_form('concat_ws(varchar, varchar...) -> varchar', 'concat_ws({all})')
    yield python_form('concat_ws(varchar, array(varchar)) -> varchar', _joined)
    yield python_form('levenshtein_distance(varchar, varchar) -> bigint', values_text.levenshtein_distance)
    yield from _python_texts()
    yield from _patterns()
    yield from _json()
    yield from _sql_json()
    yield from _urls()


def _python_texts() -> Iterator[FunctionForm]:
    yield python_form('lpad(varchar, bigint, varchar) -> varchar', values_text.lpad)
    yield python_form('rpad(varchar, bigint, varchar) -> varchar', values_text.rpad)
    yield python_form('split(varchar, varchar) -> array(varchar)', values_text.split_unlimited)
    yield python_form('split(varchar, varchar, bigint) -> array(varchar)', values_text.split)
    yield python_form('split_part(varchar, varchar, bigint) -> varchar', values_text.split_part)
    yield python_form('split_to_map(varchar, varchar, varchar) -> map(varchar, varchar)', values_text.split_to_map)
    yield python_form('split_to_multimap(varchar, varchar, varchar) -> map(varchar, array(varchar))',
                      values_text.split_to_multimap)
    yield python_form('translate(varchar, varchar, varchar) -> varchar', values_text.translate)
    yield python_form('hamming_distance(varchar, varchar) -> bigint', values_text.hamming_distance)
    yield python_form('luhn_check(varchar) -> boolean', values_text.luhn_check)
    yield python_form('soundex(varchar) -> varchar', values_text.soundex)
    yield python_form('normalize(varchar, varchar) -> varchar', values_text.normalize)
    yield python_form('chr(bigint) -> varchar', values_text.chr_text)
    yield python_form('codepoint(varchar) -> integer', values_text.codepoint)


def _patterns() -> Iterator[FunctionForm]:
    yield python_form('regexp_like(varchar, varchar) -> boolean', values_regex.regexp_like)
    yield python_form('regexp_extract(varchar, varchar) -> varchar', _first_match)
    yield python_form('regexp_extract(varchar, varchar, bigint) -> varchar', values_regex.regexp_extract)
    yield python_form('regexp_extract_all(varchar, varchar) -> array(varchar)', _all_matches)
    yield python_form('regexp_extract_all(varchar, varchar, bigint) -> array(varchar)', values_regex.regexp_extract_all)
    yield python_form('regexp_split(varchar, varchar) -> array(varchar)', values_regex.regexp_split)
    yield python_form('regexp_count(varchar, varchar) -> bigint', values_regex.regexp_count)
    yield python_form('regexp_replace(varchar, varchar) -> varchar', _without_matches)
    yield python_form('regexp_replace(varchar, varchar, varchar) -> varchar', values_regex.regexp_replace)
    yield python_form('regexp_position(varchar, varchar) -> integer', _first_position)
    yield python_form('regexp_position(varchar, varchar, integer) -> integer', _position_from)
    yield python_form('regexp_position(varchar, varchar, integer, integer) -> integer', values_regex.regexp_position)


def _json() -> Iterator[FunctionForm]:
    yield python_form('json_parse(varchar) -> json', values_json.canonical)
    yield sql_form('json_format(json) -> varchar', '{0}')
    for kind in ('json', 'varchar'):
        yield python_form(f'json_extract({kind}, varchar) -> json', values_json.extract)
        yield python_form(f'json_extract_scalar({kind}, varchar) -> varchar', values_json.extract_scalar)
        yield python_form(f'json_size({kind}, varchar) -> bigint', values_json.size)
        yield python_form(f'json_array_length({kind}) -> bigint', values_json.array_length)
        yield python_form(f'is_json_scalar({kind}) -> boolean', values_json.is_scalar)
        for wanted in ('bigint', 'double', 'boolean', 'varchar'):
            yield python_form(f'json_array_contains({kind}, {wanted}) -> boolean', values_json.array_contains)


def _sql_json() -> Iterator[FunctionForm]:
    yield python_form('json_exists(varchar, varchar) -> boolean', values_json_sql.exists)
    yield python_form('json_value(varchar, varchar) -> varchar', values_json_sql.value)
    yield python_form('json_query(varchar, varchar) -> varchar', values_json_sql.query)


def _urls() -> Iterator[FunctionForm]:
    yield python_form('url_encode(varchar) -> varchar', values_text.url_encode)
    yield python_form('url_decode(varchar) -> varchar', values_text.url_decode)
    yield python_form('url_extract_parameter(varchar, varchar) -> varchar', values_text.url_extract_parameter)
    for part in ('protocol', 'host', 'port', 'path', 'query', 'fragment'):
        body = values_text.url_part(part)
        body.__name__ = f'url_extract_{part}'
        yield python_form(f'url_extract_{part}(varchar) -> {"bigint" if part == "port" else "varchar"}', body)


def _reversed(text: str) -> str:
    return text[::-1]


def _replace(text: str, part: str, replacement: str) -> str:
    return text.replace(part, replacement)


def _joined(separator: str, texts: list[str | None]) -> str:
    return separator.join(text for text in texts if text is not None)


def _first_match(text: str, pattern: str) -> str | None:
    return values_regex.regexp_extract(text, pattern, 0)


def _all_matches(text: str, pattern: str) -> list[str | None]:
    return values_regex.regexp_extract_all(text, pattern, 0)


def _without_matches(text: str, pattern: str) -> str:
    return values_regex.regexp_replace(text, pattern, '')


def _first_position(text: str, pattern: str) -> int:
    return values_regex.regexp_position(text, pattern, 1, 1)


def _position_from(text: str, pattern: str, start: int) -> int:
    return values_regex.regexp_position(text, pattern, start, 1)
