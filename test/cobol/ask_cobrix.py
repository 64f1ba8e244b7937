"""Asks Cobrix to read generated files, and writes its answers: .venv/bin/python test/cobol/ask_cobrix.py (needs Maven).

Maven fetches Cobrix from Maven Central; it runs on the Spark of the environment. The suite compares the lake with the
written answers, so it needs no Maven. The files are in EBCDIC, made here from known values.
"""
from __future__ import annotations

import gzip
import json
import math
import subprocess
import tempfile
from decimal import Decimal
from pathlib import Path
from typing import Any

from generated_copybooks import RECORDS, Described, Maker, copybook_text
from pyspark.sql import SparkSession

COBRIX, COPYBOOKS = '2.6.9', 160
ANSWERS = Path(__file__).resolve().parent / 'cobrix.jsonl.gz'
# The characters in the files are the same in all of these, and Cobrix does not know all.
COBRIX_PAGE, PAGES = 'cp037', ('cp037', 'cp1047', 'cp273', 'cp500', 'cp1140')
POM = f'''<project xmlns="http://maven.apache.org/POM/4.0.0">
  <modelVersion>4.0.0</modelVersion><groupId>lake</groupId><artifactId>ask-cobrix</artifactId><version>1</version>
  <dependencies><dependency>
    <groupId>za.co.absa.cobrix</groupId><artifactId>spark-cobol_2.12</artifactId><version>{COBRIX}</version>
  </dependency></dependencies>
</project>'''


def main() -> None:
    """Write copybooks, files and answers."""
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder)
        (path / 'pom.xml').write_text(POM, encoding='utf-8')
        subprocess.run(['mvn', '-q', '-B', 'dependency:build-classpath', '-Dmdep.outputFile=classpath'], cwd=path,
                       check=True)
        jars = [jar for jar in (path / 'classpath').read_text(encoding='utf-8').strip().split(':')
                if not Path(jar).name.startswith(('scala-library', 'slf4j'))]
        spark = SparkSession.builder.master('local[2]').config('spark.jars', ','.join(jars)).config(
            'spark.ui.enabled', 'false').config('spark.sql.warehouse.dir', folder).getOrCreate()
        spark.sparkContext.setLogLevel('ERROR')
        answers = [_answer(spark, path, seed) for seed in range(1, COPYBOOKS + 1)]
        spark.stop()
    with gzip.GzipFile(ANSWERS, 'wb', mtime=0) as file:
        for line in ({'cobrix': COBRIX, 'answers': len(answers)}, *answers):
            file.write(json.dumps(line, separators=(',', ':')).encode() + b'\n')
    print(f'{len(answers)} answers of Cobrix {COBRIX}.')


def _answer(spark: SparkSession, folder: Path, seed: int) -> dict[str, Any]:
    maker = Maker(seed, 'ibm')
    record = maker.record()
    rows = [maker.values(record.children, {}) for _ in range(RECORDS)]
    page, variable = PAGES[seed % len(PAGES)], seed % 2 == 1
    encoded = [_encoded(record.children, row, page, variable) for row in rows]
    content = b''.join((len(item) + 4).to_bytes(2, 'big') + bytes(2) + item if variable else item for item in encoded)
    # Cobrix does not know this optional word.
    copybook = copybook_text(record, seed).replace('PIC IS ', 'PIC    ')
    (folder / 'file.dat').write_bytes(content)
    options = {'copybook_contents': copybook, 'ebcdic_code_page': COBRIX_PAGE,
               'schema_retention_policy': 'collapse_root', 'variable_size_occurs': str(variable).lower(),
               'record_format': 'V' if variable else 'F'}
    if variable:
        options |= {'is_rdw_big_endian': 'true', 'is_rdw_part_of_record_length': 'true'}
    answer: dict[str, Any] = {}
    try:
        found = spark.read.format('cobol').options(**options).load(str(folder / 'file.dat')).toJSON().collect()
        answer['rows'] = [json.loads(row, parse_float=str) for row in found]
    except Exception as error:  # A refusal is an answer, too.
        answer['refused'] = ' '.join(str(error).split())[:300]
    return answer | {'seed': seed, 'copybook': copybook, 'page': page, 'variable': variable, 'content': content.hex(),
                     'true': json.loads(json.dumps(rows, default=str))}


def _encoded(items: tuple[Described, ...], values: dict[str, Any], page: str, slides: bool) -> bytes:
    """Return items in EBCDIC; tables of varying length end with their last element only if later fields follow it."""
    content = b''
    for item in items:
        if item.redefines:
            continue
        if not item.most:
            content += _encoded_item(item, values.get(item.name), page, slides)
            continue
        elements = [_encoded_item(item, value, page, slides) for value in values[item.name]]
        if not slides:
            elements += [bytes(_size(item))] * (item.most - len(elements))
        content += b''.join(elements)
    return content


def _size(item: Described) -> int:
    if item.kind == 'group':
        return sum(_size(child) * max(1, child.most) for child in item.children if not child.redefines)
    value = '' if item.kind in ('text', 'filler') else 0
    return len(_encoded_item(item, value, 'cp037', False))


def _encoded_item(item: Described, value: Any, page: str, slides: bool) -> bytes:
    if item.kind == 'group':
        return _encoded(item.children, value, page, slides)
    if item.kind in ('text', 'filler'):
        text = (value or '').ljust(item.length)
        # Python lacks this page, which differs from cp037 in none of the characters that are used here.
        return text.encode('cp037' if page == 'cp1047' else page)
    if item.usage in ('float', 'double'):
        return _ibm_float(float(value), 4 if item.usage == 'float' else 8)
    number = int(Decimal(value).scaleb(item.scale - item.zeros))
    digits = f'{abs(number):0{item.digits}}'
    if item.usage == 'binary':
        size = 2 if item.digits <= 4 else 4 if item.digits <= 9 else 8
        return number.to_bytes(size, 'big', signed=item.signed)
    if item.usage == 'packed':
        sign = ('d' if number < 0 else 'c') if item.signed else 'f'
        return bytes.fromhex((digits + sign).rjust(item.digits // 2 * 2 + 2, '0'))
    zoned = bytearray(0xf0 | int(digit) for digit in digits)
    if 'SEPARATE' in item.sign:
        sign_byte = b'\x60' if number < 0 else b'\x4e'
        return sign_byte + bytes(zoned) if 'LEADING' in item.sign else bytes(zoned) + sign_byte
    if item.signed:
        place = 0 if 'LEADING' in item.sign else -1
        zoned[place] = (0xd0 if number < 0 else 0xc0) | zoned[place] & 0x0f
    return bytes(zoned)


def _ibm_float(value: float, size: int) -> bytes:
    """Return a hexadecimal float of IBM: a fraction from 1/16 to 1, and a power of 16."""
    if not value:
        return bytes(size)
    fraction, exponent = math.frexp(abs(value))
    power = -(-exponent // 4)
    mantissa = int(math.ldexp(fraction, exponent - 4 * power + 8 * (size - 1)))
    return bytes([(0x80 if value < 0 else 0) | (power + 64)]) + mantissa.to_bytes(size - 1, 'big')


if __name__ == '__main__':
    main()
