"""Measures mainframe extracts: reading and decoding them, as a ratio to reading the bytes of their blocks.

    python3 -m bench.mainframe --megabytes 200

Records of 175 bytes in EBCDIC with texts, zoned, packed and binary numbers are read with one core, in a session that is
warm: as fixed records, and with record descriptor words. The floor reads the same blocks in the same way and only
counts their bytes. Decoding alone runs outside of Spark, and is measured in seconds of the processor.
"""
from __future__ import annotations

import argparse
import tempfile
import time
from collections.abc import Callable, Iterable, Iterator
from functools import partial
from pathlib import Path

import numpy as np
import pyarrow as pa
from pyspark.sql import DataFrame, SparkSession

from bench.measure import interleave
from lake_etl import runtime
from lake_etl.cobol.copybook import parse_copybook
from lake_etl.cobol.record_nodes import RecordLayout
from lake_etl.config.copybook_check import checked_layout
from lake_etl.config.formats.cobol_format import CobolSection
from lake_etl.config.input import InputSpec
from lake_etl.read.cobol_columns import RecordDecoder
from lake_etl.read.cobol_numbers import Bytes
from lake_etl.read.cobol_records import RecordBlock, block_records, file_blocks, record_shape
from lake_etl.read.source import read_collected_file
from lake_etl.read.source_files import PreparedFile
from lake_etl.spark.session import configure
from lake_etl.syntax.records import Findings
from lib.local_lake.running.laptop_session import start_session

COPYBOOK = b"""
       01  POLICY.
           05  POLICY-NO    PIC X(12).
           05  LINE         PIC X(4).
           05  INSURED      PIC X(30).
           05  STREET       PIC X(30).
           05  CITY         PIC X(20).
           05  ZIP          PIC 9(5).
           05  EFFECTIVE    PIC 9(8).
           05  EXPIRES      PIC 9(8).
           05  PREMIUM      PIC S9(9)V99 COMP-3.
           05  COMMISSION   PIC S9(9)V99 COMP-3.
           05  TAX          PIC S9(7)V99.
           05  CLAIMS       PIC S9(9) COMP.
           05  SUM-INSURED  PIC S9(15)V99 COMP-3.
           05  RATE         PIC S9(3)V9(4) COMP-3.
           05  FILLER       PIC X(20).
"""
RECORDS = 50_000
FLOOR, READ = 'floor', 'read'


def main() -> None:
    """Measure both record formats and print one line for each."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument('--megabytes', type=int, default=200)
    parser.add_argument('--runs', type=int, default=5)
    options = parser.parse_args()
    with tempfile.TemporaryDirectory() as folder:
        spark = configure(start_session(Path(folder), cores='1'))
        print('format       MB | floor MB/s | read MB/s and core  ratio | decode alone, MB/s of processor time')
        for record_format in ('F', 'V'):
            path = Path(folder) / f'{record_format}.dat'
            write_records(path, record_format, options.megabytes)
            print(measure(spark, path, CobolSection(record_format=record_format), options.runs), flush=True)


def measure(spark: SparkSession, path: Path, section: CobolSection, runs: int) -> str:
    """Return a line with the speed of reading a file."""
    findings = Findings('bench.cpy')
    layout = checked_layout(parse_copybook(COPYBOOK, findings) or (), section, findings)
    assert layout is not None, findings.problems
    megabytes = path.stat().st_size / 1e6
    file = PreparedFile(str(path), str(path), path.stat().st_size)
    blocks = file_blocks(file, 0, record_shape(section, layout))
    numbered = spark.range(0, len(blocks), 1, len(blocks))
    frame = read_collected_file(spark, str(path), InputSpec(cobol=section), scratch=str(path.parent), layout=layout)
    alternatives: dict[str, Callable[[], None]] = {
        FLOOR: partial(_run, numbered.mapInArrow(partial(_sizes, blocks), 'bytes bigint')), READ: partial(_run, frame)}
    timings = interleave(alternatives, runs, warm_up=2)
    floor, read = megabytes / timings.median(FLOOR), megabytes / timings.median(READ)
    decode = blocks[0].length / 1e6 / min(_decoding_seconds(blocks[0], layout, section, file) for _ in range(runs + 2))
    return (f'{section.record_format:6} {megabytes:8.0f} | {floor:10.0f} | {read:18.0f} '
            f'{timings.ratio(READ, FLOOR):6.2f} | {decode:36.0f}')


def _run(frame: DataFrame) -> None:
    frame.write.format('noop').mode('overwrite').save()


def _sizes(blocks: list[RecordBlock], batches: Iterable[pa.RecordBatch]) -> Iterator[pa.RecordBatch]:
    for batch in batches:
        chosen = [blocks[number] for number in batch.column(0).to_pylist()]
        sizes = [len(runtime.files(item.uri).read(item.uri, item.start, item.length) or b'') for item in chosen]
        yield pa.RecordBatch.from_arrays([pa.array(sizes, pa.int64())], names=['bytes'])


def _decoding_seconds(block: RecordBlock, layout: RecordLayout, section: CobolSection, file: PreparedFile) -> float:
    """Return the seconds of the processor that decoding a block takes."""
    content = runtime.files(block.uri).read(block.uri, block.start, block.length) or b''
    decoder = RecordDecoder(layout, section.encoding)
    started = time.process_time()
    for part in block_records(block, content, record_shape(section, layout), file).slices(12_000):
        decoder.decode(part)
    return time.process_time() - started


def write_records(path: Path, record_format: str, megabytes: int) -> None:
    """Write records of the copybook with random values."""
    generator = np.random.default_rng(1)
    widths = ((12, 12), (4, 4), (30, 20), (30, 25), (20, 12))
    parts: list[Bytes] = [_texts(generator, width, most) for width, most in widths]
    parts += [_digits(generator, width) for width in (5, 8, 8)] + [_packed(generator, width) for width in (6, 6)]
    parts += [_digits(generator, 9), _digits(generator, 4) & np.uint8(0x0f)]
    parts += [_packed(generator, width) for width in (9, 4)]
    records = np.concatenate([*parts, _texts(generator, 20, 5)], axis=1)
    if record_format == 'V':
        word = np.frombuffer((records.shape[1] + 4).to_bytes(2, 'big') + bytes(2), dtype=np.uint8)
        records = np.concatenate([np.tile(word, (RECORDS, 1)), records], axis=1)
    content = records.tobytes()
    with path.open('wb') as file:
        for _ in range(max(1, round(megabytes * 1e6 / len(content)))):
            file.write(content)


def _texts(generator: np.random.Generator, width: int, most: int) -> Bytes:
    letters = generator.integers(0xc1, 0xca, (RECORDS, width), dtype=np.uint8)
    lengths = generator.integers(1, most + 1, RECORDS)
    return np.where(np.arange(width) < lengths[:, None], letters, np.uint8(0x40))


def _digits(generator: np.random.Generator, width: int) -> Bytes:
    return generator.integers(0xf0, 0xfa, (RECORDS, width), dtype=np.uint8)


def _packed(generator: np.random.Generator, width: int) -> Bytes:
    pairs = generator.integers(0, 100, (RECORDS, width), dtype=np.uint8)
    found: Bytes = (pairs // 10 * 16 + pairs % 10).astype(np.uint8)
    found[:, 0] &= 0x0f
    found[:, -1] = found[:, -1] & 0xf0 | 0x0c
    return found


if __name__ == '__main__':
    main()
