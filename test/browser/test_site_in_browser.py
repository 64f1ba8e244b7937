"""The pages of a lake in a real browser, opened from disk: click paths, widths, colours, no errors, many tables."""
from __future__ import annotations

import pytest
from chromium import Browser, find_browser

from lake_etl.column_lineage.workflow_lineage import LakeConfiguration
from lake_etl.config.entries.known import known_forms
from lake_etl.config.workflow import read_workflow
from lib.local_lake.commands.docs import write_pages
from lib.local_lake.folders import LakeFolders
from lib.local_lake.showing.job_usage import DpuPrice, LakeUsage, usage_by_load
from lib.local_lake.showing.lake_summary import PublishedLake, summarize
from lib.local_lake.showing.site import single_page, write_site

WORKFLOWS, COLUMNS = 340, 20
LINKED = 'document.querySelector("h1").textContent'


@pytest.fixture(scope='module')
def browser(tmp_path_factory):
    """Return a browser; without one the tests are skipped."""
    program = find_browser()
    if program is None:
        pytest.skip('there is no Chromium on this machine')
    opened = Browser(program, tmp_path_factory.mktemp('profile'))
    yield opened
    opened.close()


@pytest.fixture(scope='module')
def samples(tmp_path_factory):
    """Return the address of the pages of the sample workflows."""
    folder = tmp_path_factory.mktemp('site')
    return write_pages(LakeFolders.of(str(folder / 'no-lake'), None), folder / 'pages').as_uri()


def test_a_click_on_a_table_and_a_column_leads_to_its_lineage_down_to_the_file(browser, samples):
    browser.errors.clear()
    browser.open(samples)
    assert browser.run(LINKED) == 'Data lake'
    browser.click('svg a[aria-label^="syntheticgeneraldata_consume.policydata"]')
    assert browser.run(LINKED) == 'syntheticgeneraldata_consume.policydata'
    browser.click('a[href$="/earnedpremium"]')
    assert browser.run(LINKED) == 'syntheticgeneraldata_consume.policydata . earnedpremium'
    names = browser.run('[...document.querySelectorAll("svg a")].map(item => item.getAttribute("aria-label"))')
    assert any(name.startswith('collect/SyntheticGeneralData/PolicyData.EarnedPremium') for name in names)
    assert any(name.startswith('syntheticgeneraldata_consume.policy_results_by_month.loss_ratio') for name in names)
    assert 'statement 1 of spark-SyntheticGeneralData-PolicyData.sql' in browser.run('document.body.textContent')
    assert browser.errors == []


def test_the_search_finds_columns_of_all_tables(browser, samples):
    browser.open(samples)
    browser.run('const box = document.getElementById("search"); box.value = "GLOBALID"; '
                'box.dispatchEvent(new Event("input"))')
    browser.wait(f'{LINKED}.includes("results for")')
    assert 'customer_consume.customer_primary.globalid' in browser.run('document.querySelector("main").textContent')


@pytest.mark.parametrize('width', [360, 1280])
@pytest.mark.parametrize('colours', ['light', 'dark'])
def test_every_page_fits_phones_and_screens_in_light_and_dark_without_errors(browser, samples, width, colours):
    browser.errors.clear()
    browser.call('Emulation.setDeviceMetricsOverride', width=width, height=800, deviceScaleFactor=1, mobile=width < 600)
    browser.call('Emulation.setEmulatedMedia', features=[{'name': 'prefers-color-scheme', 'value': colours}])
    browser.open(samples)
    for page in ('', 'tables', 'lineage', 'workflows', 'quality', 'runs', 'matches', 'table/customer.a01',
                 'table/customer.a01/ssn', 'table/customer.a01/*', 'table/nothing'):
        browser.run(f'location.hash = "#/{page}"')
        browser.wait('document.title.length > 0')
        assert browser.run('document.documentElement.scrollWidth') <= width, page
        assert browser.run('document.querySelectorAll("h1").length') == 1
        assert browser.run('[...document.querySelectorAll("main svg[role], .scroll[role]")].every('
                           'item => item.getAttribute("aria-label"))'), page
    shade = browser.run('getComputedStyle(document.body).backgroundColor')
    assert (shade == 'rgb(255, 255, 255)') == (colours == 'light')
    assert browser.errors == []


def test_names_from_files_stay_text(browser, tmp_path):
    mapping = b'SourceName,DestName\n<img src=x onerror=alert(1)>,a\n</script><script>alert(1)</script>,b\n'
    files = {'transformation-spec/g-t.csv': mapping,
             'transformation-spec/g-t.json': b'{"input_spec": {"owner": "<img src=y>, team@example.com"}}'}
    workflow = read_workflow('g', 't', files.get, known_forms(), 'Prod')
    browser.errors.clear()
    browser.open(write_site(tmp_path / 'pages', summary({('g', 't'): workflow})).as_uri() + '#/table/collect%2Fg%2Ft')
    assert browser.run('document.querySelectorAll("main img, main script").length') == 0
    assert '<img src=x onerror=alert(1)>' in browser.run('document.body.textContent')
    browser.run('location.hash = "#/search/TEAM%40example"')
    browser.wait(f'{LINKED}.includes("results for")')
    assert browser.run('document.querySelector("main td").textContent') == 'g.t'
    assert '<img src=y>, team@example.com' in browser.run('document.querySelector("main").textContent')
    assert browser.run('document.querySelectorAll("main img").length') == 0 and browser.errors == []


def test_all_pages_in_one_file_run_under_their_own_policy(browser, tmp_path):
    lake = summary({('g', 't'): read_workflow('g', 't', {}.get, known_forms(), 'Prod')})
    (tmp_path / 'page.html').write_text(single_page(lake | {'matches': None}), encoding='utf-8')
    browser.errors.clear()
    browser.open((tmp_path / 'page.html').as_uri())
    assert browser.run(LINKED) == 'Data lake'
    assert browser.run('getComputedStyle(document.querySelector("header")).display') == 'flex'
    browser.run('location.hash = "#/matches"')
    browser.wait('document.title.startsWith("Entity matches")')
    assert 'without reading any' in browser.run('document.body.textContent')
    assert browser.errors == []


def test_costs_of_runs_and_workflows_are_shown_and_nothing_where_glue_no_longer_knows_a_run(browser, tmp_path):
    runs = [{'execution_id': f'e{month}', 'source_key': 'g/t', 'job_latest_status': 'SUCCEEDED',
             'job_start_date': f'2026-0{month}-01 10:00:00'} for month in (3, 2, 1)]
    job_runs = {'collect-to-cleanse': [
        {'Arguments': {'--execution_id': f'e{month}'}, 'JobRunState': 'SUCCEEDED', 'ExecutionTime': 90,
         'DPUSeconds': 3600.0 * month, 'GlueVersion': '5.1'} for month in (2, 3)]}
    price = DpuPrice(0.44, '5.1')
    workflows = {('g', 't'): read_workflow('g', 't', {}.get, known_forms(), 'Prod')}
    usage = LakeUsage(usage_by_load(job_runs, price), price)
    lake = summarize(LakeConfiguration(workflows=workflows, matches={}, masking={}, published={}),
                     PublishedLake(runs=runs, usage=usage))

    def rows(page, title, number):
        browser.run(f'location.hash = "#/{page}"')
        browser.wait(f'{LINKED} === "{title}"')
        tables = ('[...document.querySelectorAll("main table")].map(table => [...table.querySelectorAll("tr")].map('
                  'row => [...row.children].map(cell => cell.textContent)))')
        return browser.run(tables)[number]

    browser.errors.clear()
    browser.open(write_site(tmp_path / 'pages', lake).as_uri())
    figures = [row[-4:-1] for row in rows('runs', 'Runs', 0)]
    assert figures == [['seconds', 'DPU-hours', 'costs'], ['90.0', '3.000', '1.320'], ['90.0', '2.000', '0.880'],
                       ['', '', '']]
    assert [rows('workflows', 'Workflows', number)[1] for number in (1, 2)] == [
        ['g/t', '5.00', '2.00', '3.00'], ['g/t', '2.20', '0.88', '1.32']]
    assert rows('run/e3', 'Run of g/t', 0)[1] == ['collect-to-cleanse', '90.0', '3.000', '1.320', '5.1']
    browser.run('location.hash = "#/run/e1"')
    browser.wait('document.body.textContent.includes("AWS Glue does not tell it, or no longer.")')
    assert browser.errors == []


def test_a_thousand_tables_with_twenty_thousand_columns_open_in_under_two_seconds(browser, tmp_path):
    names = [f'column{number}' for number in range(COLUMNS)]
    mapping = 'SourceName,DestName\n' + ''.join(f'{name},{name}\n' for name in names)
    query = f'SELECT {", ".join(names)}, year, month, day FROM g.{{table_name}}'
    workflows = {}
    for number in range(WORKFLOWS):
        files = {f'transformation-spec/g-t{number}.csv': mapping.encode(),
                 f'transformation-sql/spark-g-t{number}.sql': query.encode()}
        workflows['g', f't{number}'] = read_workflow('g', f't{number}', files.get, known_forms(), 'Prod')
    found = summary(workflows)
    assert len(found['tables']) >= 1000 and sum(len(table['columns']) for table in found['tables']) >= 20_000
    browser.errors.clear()
    browser.open(write_site(tmp_path / 'pages', found).as_uri())
    took = browser.run('performance.getEntriesByType("navigation")[0].loadEventEnd')
    assert browser.run('document.querySelectorAll("tbody tr").length') == 2 * WORKFLOWS
    assert 0 < took < 2000
    assert browser.errors == []


def summary(workflows):
    return summarize(LakeConfiguration(workflows=workflows, matches={}, masking={}, published={}), PublishedLake())
