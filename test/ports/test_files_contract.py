"""The file adapters fulfil one contract, and each handles the failures of its own store."""
from __future__ import annotations

import os
import pickle
import signal
import subprocess
import sys
import time
from datetime import UTC, datetime, timedelta

import boto3
import pytest
from moto.core import set_initial_no_auth_action_count

from lake_etl.adapters.aws.s3_files import S3Files
from lake_etl.adapters.local.folder_files import FolderFiles
from lake_etl.errors import LakeError

NAMES = ['plain.csv', 'with space.csv', "o'brien \"quoted\".csv", '100%.csv', '%41.csv', 'no#1.csv', 'what?.csv',
         'Prämie_保険.csv', 'a+b=c&d.csv', 'x' * 250 + '.csv']


class TestAnyFiles:
    """What a job may rely on, wherever its files lie."""

    def test_what_was_written_is_read_back_and_replaced_whole(self, file_store):
        uri = f'{file_store.root}/db/table/part.parquet'
        file_store.files.write(uri, b'first and long')
        file_store.files.write(uri, b'second')
        assert (file_store.files.read(uri), file_store.files.size(uri)) == (b'second', 6)

    @pytest.mark.parametrize('pieces', [[], [b''], [b'one', b'', b'two'], [b'x' * 100_000] * 3])
    def test_a_stream_of_pieces_becomes_one_file(self, file_store, pieces):
        uri = f'{file_store.root}/scratch/plain.csv'
        file_store.files.write_stream(uri, iter(pieces))
        assert file_store.files.read(uri) == b''.join(pieces)

    def test_a_stream_that_breaks_off_writes_nothing(self, file_store):
        def breaking():
            yield b'new'
            raise LakeError('no more')
        uri = f'{file_store.root}/scratch/plain.csv'
        file_store.files.write(uri, b'old')
        with pytest.raises(LakeError, match='no more'):
            file_store.files.write_stream(uri, breaking())
        assert file_store.files.read(uri) == b'old'

    @pytest.mark.parametrize(('start', 'length', 'expected'), [
        (0, None, b'0123456789'), (0, 4, b'0123'), (6, None, b'6789'), (6, 2, b'67'), (8, 100, b'89'),
        (10, None, b''), (99, 5, b''), (3, 0, b'')])
    def test_a_range_is_cut_at_the_end_of_the_file(self, file_store, start, length, expected):
        uri = f'{file_store.root}/digits'
        file_store.files.write(uri, b'0123456789')
        assert file_store.files.read(uri, start, length) == expected

    def test_an_empty_file_is_a_file(self, file_store):
        uri = f'{file_store.root}/_SUCCESS'
        file_store.files.write(uri, b'')
        assert (file_store.files.read(uri), file_store.files.read(uri, 0, 10)) == (b'', b'')
        assert file_store.files.size(uri) == 0
        assert [entry.uri for entry in file_store.files.list(file_store.root)] == [uri]

    def test_what_does_not_exist_is_none(self, file_store):
        file_store.files.write(f'{file_store.root}/folder/file.csv', b'x')
        for absent in ('absent.csv', 'no/such/folder.csv', 'folder', 'folder/file', 'folder/file.csv/below'):
            uri = f'{file_store.root}/{absent}'
            found = (file_store.files.read(uri), file_store.files.read(uri, 0, 0), file_store.files.size(uri))
            assert found == (None, None, None), absent
        assert list(file_store.files.list(f'{file_store.root}/no/such/folder')) == []

    def test_a_listing_has_all_depths_and_only_below_the_folder(self, file_store):
        for name in ('table/a.csv', 'table/year=2026/month=11/b.csv', 'table2/c.csv', 'table.csv'):
            file_store.files.write(f'{file_store.root}/{name}', name.encode())
        for folder in (f'{file_store.root}/table', f'{file_store.root}/table/'):
            entries = list(file_store.files.list(folder))
            assert [(entry.uri, entry.size) for entry in entries] == [
                (f'{file_store.root}/table/a.csv', 11), (f'{file_store.root}/table/year=2026/month=11/b.csv', 30)]
        assert all(abs(datetime.now(UTC) - entry.modified) < timedelta(minutes=1) for entry in entries)
        assert len(list(file_store.files.list(file_store.root))) == 4

    def test_listed_addresses_lead_back_to_the_files_whatever_their_names(self, file_store):
        folder = f'{file_store.root}/names'
        by_uri = isinstance(file_store.files, FolderFiles) and folder.startswith('file:')
        for name in NAMES:
            written = name.replace('%', '%25').replace('#', '%23').replace('?', '%3F') if by_uri else name
            file_store.files.write(f'{folder}/{written}', name.encode())
        listed = [entry.uri for entry in file_store.files.list(folder)]
        assert sorted(file_store.files.read(uri).decode() for uri in listed) == sorted(NAMES)
        file_store.files.delete(listed)
        assert list(file_store.files.list(folder)) == []

    def test_folders_made_for_spark_are_not_listed(self, file_store):
        for _ in range(2):
            file_store.files.make_parents(f'{file_store.root}/table/year=2026/load=1')
        assert list(file_store.files.list(file_store.root)) == []

    def test_a_copy_is_independent_of_its_source(self, file_store):
        source, target = f'{file_store.root}/load=1/part', f'{file_store.root}/load=2/part'
        file_store.files.write(source, b'old')
        file_store.files.write(target, b'to be replaced')
        file_store.files.copy(source, target)
        file_store.files.copy(source, target)
        file_store.files.copy(source, source)
        file_store.files.write(source, b'new')
        assert file_store.files.read(target) == b'old'
        file_store.files.delete([source])
        assert [entry.uri for entry in file_store.files.list(file_store.root)] == [target]

    def test_copying_an_absent_file_is_an_error_that_names_it(self, file_store):
        with pytest.raises(LakeError, match='absent.csv could not be copied'):
            file_store.files.copy(f'{file_store.root}/absent.csv', f'{file_store.root}/target.csv')
        assert list(file_store.files.list(file_store.root)) == []

    def test_deleting_takes_an_iterator_and_does_not_mind_absent_files(self, file_store):
        for number in range(3):
            file_store.files.write(f'{file_store.root}/table/{number}', b'x')
        file_store.files.delete(entry.uri for entry in file_store.files.list(f'{file_store.root}/table'))
        file_store.files.delete([f'{file_store.root}/table/0', f'{file_store.root}/no/such/file'])
        file_store.files.delete([])
        assert list(file_store.files.list(f'{file_store.root}/table')) == []

    def test_more_files_than_a_page_of_a_listing_holds(self, file_store):
        uris = [f'{file_store.root}/many/{number:04d}' for number in range(1001)]
        for uri in uris:
            file_store.files.write(uri, b'')
        assert [entry.uri for entry in file_store.files.list(f'{file_store.root}/many')] == uris
        file_store.files.delete(uris)
        assert list(file_store.files.list(f'{file_store.root}/many')) == []

    def test_it_travels_to_other_processes_after_use(self, file_store):
        file_store.files.write(f'{file_store.root}/a', b'x')
        assert pickle.loads(pickle.dumps(file_store.files)).read(f'{file_store.root}/a') == b'x'

    @pytest.mark.parametrize('address', ['', 'gs://bucket/key', 'file://server/share/file.csv'])
    def test_an_address_of_another_store_is_refused(self, file_store, address):
        for use in (file_store.files.read, file_store.files.size, lambda uri: list(file_store.files.list(uri))):
            with pytest.raises(LakeError, match='was expected. Correct the address'):
                use(address)


class TestFolderFiles:
    """What folders of a machine have and S3 has not."""

    def test_a_reader_never_sees_half_a_file_even_when_the_writer_is_killed(self, tmp_path):
        target = tmp_path / 'target.bin'
        endless_writer = (
            'import itertools, sys; from lake_etl.adapters.local.folder_files import FolderFiles\n'
            'for number in itertools.count(): FolderFiles().write(sys.argv[1], bytes([65 + number % 2]) * 2_000_000)')
        files, whole = FolderFiles(), {b'A' * 2_000_000, b'B' * 2_000_000}
        seen = set()
        for life in (0.2, 0.25, 0.31):
            writer = subprocess.Popen([sys.executable, '-c', endless_writer, str(target)],
                                      env={**os.environ, 'PYTHONPATH': os.pathsep.join(sys.path)})
            while not target.exists():
                time.sleep(0.01)
            end = time.monotonic() + life
            while time.monotonic() < end:
                seen.add(files.read(str(target)))
            writer.send_signal(signal.SIGKILL)
            writer.wait()
            seen.add(files.read(str(target)))
        assert seen <= whole
        assert [entry.uri for entry in files.list(str(tmp_path))] == [str(target)]

    def test_what_a_killed_writer_left_goes_with_the_folder_after_an_hour(self, tmp_path):
        old, new = tmp_path / 'old' / '.1.unfinished', tmp_path / 'new' / '.2.unfinished'
        for left in (old, new):
            FolderFiles().write(str(left.parent / 'file'), b'x')
            left.write_bytes(b'half')
        os.utime(old, (time.time() - 3700, time.time() - 3700))
        FolderFiles().delete([str(old.parent / 'file'), str(new.parent / 'file')])
        assert (old.parent.exists(), new.exists()) == (False, True)

    def test_emptied_folders_go_up_to_the_first_that_holds_anything(self, tmp_path):
        files = FolderFiles()
        files.write(f'{tmp_path}/cleanse/db/table/year=2026/month=11/load=1/a', b'')
        files.write(f'{tmp_path}/cleanse/db/table/year=2026/month=12/a', b'')
        files.write(f'{tmp_path}/collect/.keep', b'')
        files.write(f'{tmp_path}/collect/db/file.csv', b'')
        files.delete([f'{tmp_path}/cleanse/db/table/year=2026/month=11/load=1/a', f'{tmp_path}/collect/db/file.csv'])
        left = {str(path.relative_to(tmp_path)) for path in tmp_path.rglob('*') if path.is_dir()}
        assert left == {'cleanse', 'cleanse/db', 'cleanse/db/table', 'cleanse/db/table/year=2026',
                        'cleanse/db/table/year=2026/month=12', 'collect'}

    @pytest.mark.parametrize('address', ['{}/table/load=1', 'file://{}/table/load=1/'])
    def test_only_the_folders_above_the_one_that_spark_creates_are_made(self, tmp_path, address):
        FolderFiles().make_parents(address.format(tmp_path))
        assert [path.name for path in tmp_path.rglob('*')] == ['table']

    def test_the_working_directory_stays(self, tmp_path, monkeypatch):
        (tmp_path / 'work').mkdir()
        monkeypatch.chdir(tmp_path / 'work')
        FolderFiles().write('db/file.csv', b'x')
        assert [entry.uri for entry in FolderFiles().list('db')] == ['db/file.csv']
        FolderFiles().delete(['db/file.csv'])
        assert os.listdir(tmp_path) == ['work'] and os.listdir() == []

    def test_checksum_files_of_spark_follow_their_files_and_are_never_listed(self, tmp_path):
        files = FolderFiles()
        for name in ('written', 'copied', 'deleted', 'source'):
            (tmp_path / name).write_bytes(b'x')
            (tmp_path / f'.{name}.crc').write_bytes(b'sum')
        files.write(f'{tmp_path}/written', b'y')
        files.copy(f'{tmp_path}/source', f'{tmp_path}/copied')
        files.delete([f'{tmp_path}/deleted'])
        assert sorted(os.listdir(tmp_path)) == ['.source.crc', 'copied', 'source', 'written']
        assert len(list(files.list(str(tmp_path)))) == 3

    def test_a_copy_within_a_disk_takes_no_room(self, tmp_path):
        FolderFiles().write(f'{tmp_path}/a', b'x')
        FolderFiles().copy(f'{tmp_path}/a', f'{tmp_path}/b')
        assert os.path.samefile(tmp_path / 'a', tmp_path / 'b')

    def test_a_copy_from_another_file_system_is_a_file_of_its_own(self, tmp_path):
        FolderFiles().write(f'{tmp_path}/copy', b'to be replaced')
        FolderFiles().copy(os.devnull, f'{tmp_path}/copy')
        assert (tmp_path / 'copy').is_file() and (tmp_path / 'copy').read_bytes() == b''

    def test_a_file_that_cannot_be_read_is_not_absent(self, tmp_path):
        (tmp_path / 'loop').symlink_to(tmp_path / 'loop')
        uri = f'{tmp_path}/loop'
        for use in (FolderFiles().read, FolderFiles().size, lambda uri: list(FolderFiles().list(uri))):
            with pytest.raises(LakeError, match='loop could not be .*: Too many levels of symbolic links'):
                use(uri)

    def test_a_failed_write_leaves_the_old_file_and_nothing_else(self, tmp_path):
        (tmp_path / 'folder').mkdir()
        (tmp_path / 'folder' / 'inside').write_bytes(b'x')
        with pytest.raises(LakeError, match='folder could not be written: Is a directory'):
            FolderFiles().write(f'{tmp_path}/folder', b'y')
        assert [path.name for path in tmp_path.rglob('*')] == ['folder', 'inside']

    def test_writers_and_deleters_of_one_folder_do_not_trip_over_each_other(self, tmp_path, in_threads):
        failures = []

        def write_and_delete(thread: int) -> None:
            try:
                for _ in range(100):
                    FolderFiles().write(f'{tmp_path}/a/b/c/{thread}', b'x')
                    FolderFiles().delete([f'{tmp_path}/a/b/c/{thread}'])
            except LakeError as error:
                failures.append(error)

        (tmp_path / '.keep').write_bytes(b'')
        in_threads(write_and_delete, 3)
        assert failures == [] and os.listdir(tmp_path) == ['.keep']


class TestS3Files:
    """What S3 has and folders have not."""

    def test_a_missing_bucket_is_not_an_absent_file(self, bucket):
        for use in (S3Files().read, S3Files().size, lambda uri: list(S3Files().list(uri)),
                    lambda uri: S3Files().write(uri, b''), lambda uri: S3Files().delete([uri])):
            with pytest.raises(LakeError, match='s3://no-such-bucket/spec.json could not be .*: NoSuchBucket. Correct'):
                use('s3://no-such-bucket/spec.json')

    def test_a_denied_access_is_not_an_absent_file(self, bucket):
        S3Files().write(f'{bucket}/spec.json', b'{}')
        user = boto3.client('iam')
        user.create_user(UserName='nobody')
        key = user.create_access_key(UserName='nobody')['AccessKey']
        client = boto3.client('s3', aws_access_key_id=key['AccessKeyId'], aws_secret_access_key=key['SecretAccessKey'])
        files = S3Files(client)
        for use in (files.read, files.size, lambda uri: list(files.list(uri)), lambda uri: files.write(uri, b''),
                    lambda uri: files.copy(uri, f'{bucket}/copy'), lambda uri: files.delete([uri])):
            with pytest.raises(LakeError, match='spec.json.*: AccessDenied. Grant the role access'):
                set_initial_no_auth_action_count(0)(use)(f'{bucket}/spec.json')
        assert S3Files().read(f'{bucket}/spec.json') == b'{}'

    def test_a_request_to_delete_names_at_most_1000_files_of_one_bucket(self, bucket):
        client, sizes = boto3.client('s3'), []
        client.create_bucket(Bucket='other', CreateBucketConfiguration={'LocationConstraint': 'us-east-2'})
        client.meta.events.register(
            'provide-client-params.s3.DeleteObjects',
            lambda params, **_: sizes.append((params['Bucket'], len(params['Delete']['Objects']))))
        S3Files(client).delete(f'{place}/{number}' for number in range(1001) for place in (bucket, 's3://other'))
        name = bucket.removeprefix('s3://')
        assert sizes == [(name, 1000), ('other', 1000), (name, 1), ('other', 1)]

    def test_a_bucket_alone_is_no_file(self, bucket):
        for use in (S3Files().read, S3Files().size, lambda uri: S3Files().write(uri, b'')):
            with pytest.raises(LakeError, match='does not name a file'):
                use(bucket)

    def test_markers_of_folders_are_not_listed(self, bucket):
        S3Files().write(f'{bucket}/db/table/', b'')
        S3Files().write(f'{bucket}/db/table/file.csv', b'x')
        assert [entry.uri for entry in S3Files().list(f'{bucket}/db')] == [f'{bucket}/db/table/file.csv']

    def test_a_large_object_is_copied_in_parts(self, bucket):
        part = 5 * 1024 * 1024
        content = os.urandom(1024) * (part // 1024 + 1)
        S3Files().write(f'{bucket}/large', content)
        S3Files(part_size=part).copy(f'{bucket}/large', f'{bucket}/copy')
        head = boto3.client('s3').head_object(Bucket=bucket.removeprefix('s3://'), Key='copy')
        assert S3Files().read(f'{bucket}/copy') == content and head['ETag'].endswith('-2"')
