'use strict';
// Draws the pages of a lake from window.LAKE. All text goes into the page as text, never as HTML.
(() => {
  const lake = window.LAKE, main = document.getElementById('main'), search = document.getElementById('search');
  const SVG = 'http://www.w3.org/2000/svg', ROWS = '*', MOST_NODES = 120, MOST_RESULTS = 60;
  const KINDS = {source: 'source file', cleanse: 'Cleanse', consume: 'Consume', view: 'view', match: 'entity match',
    quarantine: 'quarantine', other: 'other'};
  const byName = new Map(lake.tables.map((table, number) => [table.name, number]));
  const key = (table, column) => table + '\n' + column.toLowerCase();
  const into = new Map(), outOf = new Map();
  lake.edges.forEach(edge => {
    add(into, key(edge[2], edge[3]), edge);
    add(outOf, key(edge[0], edge[1]), edge);
  });

  function add(map, name, value) {
    const list = map.get(name);
    if (list) list.push(value); else map.set(name, [value]);
  }
  function fill(node, attributes, children) {
    for (const [name, value] of Object.entries(attributes || {})) if (value !== null) node.setAttribute(name, value);
    node.append(...children.flat(Infinity).filter(child => child !== null && child !== ''));
    return node;
  }
  const h = (tag, attributes, ...children) => fill(document.createElement(tag), attributes, children);
  const s = (tag, attributes, ...children) => fill(document.createElementNS(SVG, tag), attributes, children);
  const count = value => value === null || value === undefined ? '' : value.toLocaleString('en');
  const address = (table, column) => '#/table/' + encodeURIComponent(table) + (column ? '/' + encodeURIComponent(column) : '');
  const label = column => column === ROWS ? 'rows' : column;
  // A long name may break at its slash, which a phone needs.
  const breakable = name => name.split('/').flatMap((part, at) => at ? ['/', h('wbr'), part] : [part]);
  const tag = (text, kind) => h('span', {class: 'tag ' + (kind || '')}, text);

  function grid(head, rows, empty) {
    if (!rows.length) return h('p', {class: 'quiet'}, empty || 'Nothing.');
    // A column without any content takes space that a phone does not have.
    const used = head.map((_, at) => at === 0 || rows.some(row => row[at] !== '' && !(Array.isArray(row[at]) && !row[at].length)));
    head = head.filter((_, at) => used[at]);
    rows = rows.map(row => row.filter((_, at) => used[at]));
    const numeric = name => name.startsWith('#');
    return h('div', {class: 'scroll', tabindex: 0, role: 'region', 'aria-label': head.join(', ').replaceAll('#', '')},
      h('table', {},
        h('thead', {}, h('tr', {}, head.map(name => h('th', {scope: 'col', class: numeric(name) ? 'number' : null},
          name.replace('#', ''))))),
        h('tbody', {}, rows.map(row => h('tr', {}, row.map((cell, at) =>
          h('td', {class: numeric(head[at]) ? 'number' : null}, cell)))))));
  }
  const decimal = (value, digits) => value === null || value === undefined ? '' : value.toLocaleString('en', {minimumFractionDigits: digits, maximumFractionDigits: digits});
  const figures = pairs => h('div', {class: 'figures'}, pairs.map(([value, text]) =>
    h('div', {}, h('strong', {}, String(value)), text)));

  // Places nodes in layers from left to right: each node to the right of all that lead to it.
  function graph(nodes, links, title) {
    if (!nodes.size) return h('p', {class: 'quiet'}, 'No table is made from another.');
    if (nodes.size > MOST_NODES) return h('p', {class: 'note'}, `The graph has ${count(nodes.size)} nodes. Choose a table or column to see its part of it.`);
    const before = new Map([...nodes.keys()].map(id => [id, []]));
    const pairs = new Map();
    links.forEach(link => { if (link.from !== link.to) { before.get(link.to).push(link.from); pairs.set(link.from + '\t' + link.to, link); } });
    const layer = new Map();
    const depth = (id, seen) => {
      if (!layer.has(id)) {
        if (seen.has(id)) return 0;
        seen.add(id);
        layer.set(id, Math.max(-1, ...before.get(id).map(other => depth(other, seen))) + 1);
      }
      return layer.get(id);
    };
    [...nodes.keys()].forEach(id => depth(id, new Set()));
    const columns = [];
    [...nodes.keys()].forEach(id => (columns[layer.get(id)] ||= []).push(id));
    const place = new Map();
    columns.forEach(ids => {
      const centre = id => { const all = before.get(id).filter(other => place.has(other)); return all.length ? all.reduce((sum, other) => sum + place.get(other), 0) / all.length : 0; };
      ids.sort((one, two) => centre(one) - centre(two) || (one < two ? -1 : 1)).forEach((id, row) => place.set(id, row));
    });
    const width = 226, height = 44, gap = 70, line = 58;
    const tall = Math.max(...columns.map(ids => ids.length)) * line + 10, wide = columns.length * (width + gap) - gap + 10;
    const x = id => 5 + layer.get(id) * (width + gap), y = id => 5 + place.get(id) * line + (tall - columns[layer.get(id)].length * line) / 2;
    const cut = text => text.length > 28 ? text.slice(0, 27) + '…' : text;
    return h('div', {class: 'scroll', tabindex: 0, role: 'region', 'aria-label': title},
      s('svg', {width: wide, height: tall, viewBox: `0 0 ${wide} ${tall}`, role: 'group', 'aria-label': title},
        [...pairs.values()].map(link => {
          const x1 = x(link.from) + width, y1 = y(link.from) + height / 2, x2 = x(link.to), y2 = y(link.to) + height / 2;
          return s('path', {class: 'edge ' + (link.kind || ''), d: `M${x1},${y1} C${x1 + gap / 2},${y1} ${x2 - gap / 2},${y2} ${x2},${y2}`}, s('title', {}, link.title || ''));
        }),
        [...nodes].map(([id, node]) => s('a', {href: node.href, class: 'node ' + (node.kind || ''), 'aria-label': node.full + ', ' + node.note},
          s('title', {}, node.full), s('rect', {x: x(id), y: y(id), width, height, rx: 6}),
          s('text', {x: x(id) + 10, y: y(id) + 18}, cut(node.name)), s('text', {class: 'quiet', x: x(id) + 10, y: y(id) + 35}, cut(node.note))))));
  }

  function shortName(table) {
    const at = table.name.lastIndexOf(table.kind === 'source' ? '/' : '.');
    return {name: table.name.slice(at + 1), note: KINDS[table.kind] + ' · ' + table.name.slice(0, at).replace('collect/', ''), full: table.name};
  }

  function tableGraph(chosen) {
    const links = new Map(), near = new Set();
    lake.edges.forEach(([from, , to]) => links.set(from + '\t' + to, {from, to}));
    const walk = (start, side, other) => {
      const waiting = [start];
      while (waiting.length) {
        const at = waiting.pop();
        links.forEach(link => { if (link[side] === at && !near.has(link[other])) { near.add(link[other]); waiting.push(link[other]); } });
      }
    };
    if (chosen === undefined) links.forEach(link => { near.add(link.from); near.add(link.to); });
    else { walk(chosen, 'from', 'to'); walk(chosen, 'to', 'from'); near.add(chosen); }
    const nodes = new Map([...near].sort((a, b) => a - b).map(number => [number, {...shortName(lake.tables[number]), href: address(lake.tables[number].name), kind: number === chosen ? 'chosen' : ''}]));
    return graph(nodes, [...links.values()].filter(link => near.has(link.from) && near.has(link.to)), 'Lineage of tables');
  }

  const steps = edge => edge[4].map(number => lake.steps[number]);
  const stepText = edge => steps(edge).map(step => step[1] + (step[2] ? ' (masks)' : '')).join(', then ');
  const cell = (table, name) => lake.tables[table].columns.find(column => column[0].toLowerCase() === name.toLowerCase());

  function columnGraph(table, column) {
    const found = new Map(), links = [];
    const walk = (map, far) => {
      const waiting = [[table, column]], seen = new Set();
      while (waiting.length) {
        const [at, name] = waiting.pop();
        if (seen.has(key(at, name))) continue;
        seen.add(key(at, name));
        found.set(key(at, name), [at, name]);
        (map.get(key(at, name)) || []).forEach(edge => { links.push(edge); waiting.push([edge[far], edge[far + 1]]); });
      }
    };
    walk(into, 0);
    walk(outOf, 2);
    const nodes = new Map([...found].map(([id, [at, name]]) => [id, {name: label(name), note: shortName(lake.tables[at]).name + ' · ' + KINDS[lake.tables[at].kind], full: lake.tables[at].name + '.' + label(name), href: address(lake.tables[at].name, name),
      kind: (at === table && name.toLowerCase() === column.toLowerCase() ? 'chosen ' : '') + ((cell(at, name) || [])[3] ? 'protected' : '')}]));
    return graph(nodes, links.map(edge => ({from: key(edge[0], edge[1]), to: key(edge[2], edge[3]), title: stepText(edge), kind: edge[5] ? 'masks' : edge[3] === ROWS || edge[1] === ROWS ? 'rows' : ''})), 'Lineage of the column');
  }

  function history(points) {
    if (points.length < 1) return h('p', {class: 'quiet'}, 'No loads are recorded.');
    const wide = 620, tall = 140, most = Math.max(1, ...points.map(point => point[1])), shown = points.slice(-MOST_RESULTS), step = wide / shown.length;
    return h('div', {class: 'scroll', tabindex: 0, role: 'region', 'aria-label': 'Rows of each load'}, s('svg', {width: wide, height: tall + 24, viewBox: `0 0 ${wide} ${tall + 24}`, role: 'img', 'aria-label': shown.map(([when, rows]) => `${when}: ${count(rows)} rows`).join(', ')},
      shown.map(([when, rows], at) => s('rect', {class: 's0', x: at * step + 2, width: Math.min(step - 4, 40), y: 20 + (tall - 20) * (1 - rows / most), height: Math.max(1, (tall - 20) * rows / most), rx: 2}, s('title', {}, `${when}: ${count(rows)} rows`))),
      s('line', {class: 'axis', x1: 0, x2: wide, y1: tall, y2: tall}), s('text', {x: 2, y: 14}, count(most) + ' rows'),
      s('text', {class: 'quiet', x: 2, y: tall + 18}, shown[0][0]), s('text', {class: 'quiet', x: wide - 2, y: tall + 18, 'text-anchor': 'end'}, shown.length > 1 ? shown[shown.length - 1][0] : '')));
  }

  const link = (table, column) => h('a', {href: address(lake.tables[table].name, column)}, h('code', {}, lake.tables[table].name + '.' + label(column)));
  const notes = list => list.map(text => h('p', {class: 'note'}, 'Unknown from here: ' + text + '.'));

  function tablePage(name) {
    const number = byName.get(name), table = lake.tables[number];
    if (!table) return [h('h1', {}, 'There is no such table'), h('p', {}, name)];
    return [h('h1', {}, table.name), h('p', {}, tag(KINDS[table.kind]), ' ', table.description, table.file ? h('span', {class: 'quiet'}, ' ' + table.file) : ''), table.owner ? h('p', {}, 'Owner: ', table.owner) : '',
      figures([[table.rows === null ? '–' : count(table.rows), 'rows'], [count(table.columns.length), 'columns'], [count(table.parts.length), 'partitions']]),
      notes(table.unknown), table.failed.length ? [h('h2', {}, 'Rules that rows failed'), grid(['rule', '#rows'], table.failed.map(([rule, rows]) => [h('code', {}, rule), count(rows)]))] : '',
      table.samples.length ? [h('h2', {}, 'Sample of quarantined rows'), h('p', {class: 'quiet'}, 'Columns that are protected or look personal are left out. “…” stands for text of several words, and for values that look personal.'),
        table.samples.map(sample => [h('h3', {}, h('code', {}, sample.rule)), grid(sample.columns, sample.rows)])] : '',
      h('h2', {}, 'Columns'),
      grid(['column', 'type', 'description', 'protection', 'made from'], table.columns.map(column => [
        h('a', {href: address(name, column[0])}, h('code', {}, column[0])), column[1] ? h('code', {class: 'type'}, column[1].length > 40 ? column[1].slice(0, 39) + '…' : column[1]) : '', column[2], column[3] ? tag('protected', 'mark') : '',
        column[4] ? tag('unknown', 'quiet') : (into.get(key(number, column[0])) || []).slice(0, 3).map((edge, at) => [at ? ', ' : '', link(edge[0], edge[1])])])),
      h('h2', {}, 'Lineage'), tableGraph(number), h('h2', {}, 'What decides on its rows'), edgeList(into.get(key(number, ROWS)) || [], 0),
      h('h2', {}, 'Rows of each load'), history(table.history),
      h('h2', {}, 'Partitions'), h('p', {}, table.parts.length ? table.parts.slice(-40).join(', ') : 'There are none.')];
  }

  const edgeList = (edges, side) => grid([side ? 'column that it changes' : 'column', 'step', 'masks'], edges.map(edge => [link(edge[side], edge[side + 1]),
    steps(edge).map(step => h('div', {}, step[1] + (step[2] ? ' (masks)' : ''))), edge[5] ? tag('masks', 'mark') : '']));

  function columnPage(name, column) {
    const number = byName.get(name);
    if (number === undefined) return tablePage(name);
    const known = cell(number, column);
    return [h('h1', {}, h('a', {href: address(name)}, name), ' . ', label(column)),
      h('p', {}, known && known[1] ? [h('code', {}, known[1]), ' '] : '', known ? known[2] + ' ' : '', known && known[3] ? tag('protected', 'mark') : ''),
      known && known[4] ? notes([known[4]]) : '', known && known[5].length ? h('p', {}, 'Made by ' + known[5].join(', then ') + '.') : '',
      h('h2', {}, 'From the source to the views'), columnGraph(number, column),
      h('p', {class: 'quiet'}, 'A dashed line decides on rows. A thick line passes a step that hides personal data.'),
      h('h2', {}, 'Where it comes from'), edgeList(into.get(key(number, column)) || [], 0), h('h2', {}, 'What depends on it'), edgeList(outOf.get(key(number, column)) || [], 2)];
  }

  function tablesPage() {
    return [h('h1', {}, 'Tables and views'), grid(['name', 'kind', 'description', 'owner', '#rows', '#columns', '#partitions'], lake.tables.filter(table => table.kind !== 'source').map(table => [
      h('a', {href: address(table.name)}, table.name), KINDS[table.kind], table.description, table.owner, count(table.rows), count(table.columns.length), count(table.parts.length)]))];
  }

  function overview() {
    const shown = lake.tables.filter(table => table.kind !== 'source'), last = lake.runs[0];
    return [h('h1', {}, 'Data lake'), h('p', {class: 'quiet'}, 'As of ' + lake.generated), figures([[count(lake.workflows.length), 'workflows'], [count(shown.length), 'tables and views'],
      [count(shown.reduce((sum, table) => sum + table.columns.length, 0)), 'columns'], [count(shown.reduce((sum, table) => sum + table.columns.filter(column => column[3]).length, 0)), 'protected columns'], [last ? last.status : '–', 'last run']]),
      lake.unread.map(text => h('p', {class: 'note'}, text)), h('h2', {}, 'Lineage of tables'), tableGraph(), tablesPage().slice(1)];
  }

  function qualityPage() {
    return [h('h1', {}, 'Quality rules'), grid(['workflow', 'stage, action', 'rule', '#passed', 'results and metrics'], lake.rules.map(rule => {
      const shown = rule.results.slice(-MOST_RESULTS), passed = rule.results.filter(result => result[1]).length;
      return [rule.workflow, [rule.stage, h('div', {class: 'quiet'}, rule.action)], h('code', {}, rule.rule), rule.results.length ? `${passed} of ${rule.results.length}` : '',
        [shown.length ? s('svg', {width: shown.length * 14, height: 16, role: 'img', 'aria-label': `${passed} of ${rule.results.length} passed`},
          shown.map(([when, ok], at) => s('rect', {class: ok ? 'dot' : 'dot failed', x: at * 14, y: ok ? 2 : 6, width: 10, height: ok ? 12 : 8, rx: 2}, s('title', {}, `${when}: ${ok ? 'passed' : 'failed'}`)))) : h('span', {class: 'quiet'}, 'not checked yet'), metrics(rule)]];
    }), 'No workflow has quality rules.')];
  }

  // A line for each metric of a rule, and a dashed one for the number that the rule compares it with.
  function metrics(rule) {
    return Object.entries(rule.metrics).map(([name, points]) => {
      const shown = points.slice(-MOST_RESULTS), values = shown.map(point => point[1]), last = values[values.length - 1];
      const text = value => value.toLocaleString('en', {maximumFractionDigits: 4});
      const note = `${name}: ${text(last)}` + (rule.threshold === null ? '' : `, threshold ${text(rule.threshold)}`);
      const all = rule.threshold === null ? values : [...values, rule.threshold], least = Math.min(...all), most = Math.max(...all);
      const y = value => 34 - (most === least ? 15 : 30 * (value - least) / (most - least)), step = 190 / Math.max(1, shown.length - 1);
      return h('div', {class: 'metric'}, h('div', {class: 'quiet'}, note), shown.length < 2 ? '' : s('svg', {width: 200, height: 38, role: 'img', 'aria-label': shown.map(([when, value]) => `${when}: ${text(value)}`).join(', ')},
        rule.threshold === null ? '' : s('line', {class: 'threshold', x1: 0, x2: 200, y1: y(rule.threshold), y2: y(rule.threshold)}),
        s('polyline', {class: 'metric-line', points: values.map((value, at) => `${5 + at * step},${y(value)}`).join(' ')}),
        shown.map(([when, value], at) => s('circle', {class: 's0', cx: 5 + at * step, cy: y(value), r: 3}, s('title', {}, `${when}: ${text(value)}`)))));
    });
  }

  const rowsOf = (run, side) => run.written.filter(([table]) => (byName.has(table) ? lake.tables[byName.get(table)].kind : '') === side).reduce((sum, [, rows]) => sum + rows, 0);
  const sumOf = (list, at) => list.reduce((sum, item) => sum + item[at], 0);
  const tableLink = table => byName.has(table) ? h('a', {href: address(table)}, table) : table;

  function runPage(id) {
    const run = lake.runs.find(item => item.id === id);
    if (!run) return [h('h1', {}, 'There is no such run'), h('p', {}, id)];
    const known = pairs => pairs.filter(([value]) => value !== null).map(([value, text]) => [count(value), text]);
    return [h('h1', {}, 'Run of ' + run.workflow), h('p', {}, statusTag(run), ' ', h('code', {}, run.file)),
      h('p', {class: 'quiet'}, `Started ${run.started} UTC for the partition ${run.partition}. Execution ${run.id}.`), run.error ? h('p', {class: 'note'}, run.error) : '',
      figures(known([[run.read, 'rows read'], [run.filtered, 'filtered out'], [run.quarantined.length ? sumOf(run.quarantined, 3) : null, 'quarantined'],
        [run.written.length ? rowsOf(run, 'cleanse') : null, 'rows loaded'], [run.rules.length ? run.rules.filter(rule => rule[3]).length : null, `of ${count(run.rules.length)} rules passed`]]).concat(
        [[run.total[1], 'DPU-hours'], [run.total[2], 'costs']].filter(([value]) => typeof value === 'number').map(([value, text]) => [decimal(value, 3), text]))),
      run.told.map(text => h('p', {class: 'note'}, text)),
      run.rows.length ? [h('h2', {}, 'Rows of each table'), grid(['table', '#read', '#filtered out', '#quarantined', '#published'], run.rows.map(([table, ...rows]) => [tableLink(table), ...rows.map(value => value === null ? 'unknown' : count(value))])), run.rows.flat().includes(null) ? h('p', {class: 'quiet'}, 'Unknown: a step of your own may change which rows there are, or Spark counted some twice because it repeated a task, or none because a condition is never true.') : ''] : '',
      h('h2', {}, 'Tables written'), grid(['table', '#rows'], run.written.map(([table, rows]) => [tableLink(table), count(rows)]), 'No table was written.'),
      h('h2', {}, 'Quarantine'), grid(['stage', 'table', '#rows checked', '#quarantined'], run.quarantined.map(([stage, table, rows, failed]) => [stage, tableLink(table), count(rows), count(failed)]), 'No rule of this run quarantines rows.'),
      h('h2', {}, 'Control totals'), grid(['stage', 'by', 'total of', 'group', '#amount', '#difference'], run.controls, 'The sender states none.'),
      h('h2', {}, 'Rules'), grid(['stage', 'action', 'rule', 'result'], run.rules.map(([stage, action, rule, ok]) => [stage, action, h('code', {}, rule), ok ? tag('passed', 'good') : tag('failed', 'bad')]), 'No rule was checked.'),
      h('h2', {}, 'Duration by stage'), grid(['stage', '#seconds', '#DPU-hours', '#costs', 'AWS Glue'], Object.entries(run.seconds).map(([name, value]) => [name, decimal(value, 1), ...usageOf(run.usage[name])]), lake.usage.missing || (lake.usage.months.length ? 'AWS Glue does not tell it, or no longer.' : 'It is not recorded.'))];
  }

  const statusTag = run => tag(run.status, run.status === 'SUCCEEDED' ? 'good' : run.status === 'FAILED' ? 'bad' : 'mark');

  function runsPage() {
    const stages = [...new Set(lake.runs.flatMap(run => Object.keys(run.seconds)))], shown = lake.runs.slice(0, 500);
    const most = Math.max(1, ...shown.map(run => Object.values(run.seconds).reduce((sum, value) => sum + value, 0)));
    return [h('h1', {}, 'Runs'), usageMissing(), h('p', {class: 'quiet'}, stages.length ? 'Bars show the seconds of ' + stages.join(', ') + ', in this order.' : ''), grid(['started (UTC)', 'workflow', 'partition', 'status', '#read', '#filtered', '#loaded', '#quarantined', '#seconds', '#DPU-hours', '#costs', 'duration by stage'], shown.map(run => {
      const total = Object.values(run.seconds).reduce((sum, value) => sum + value, 0);
      let at = 0;
      return [h('a', {href: '#/run/' + encodeURIComponent(run.id)}, run.started), breakable(run.workflow), run.partition, [statusTag(run), run.error ? h('div', {}, run.error) : ''],
        count(run.read), count(run.filtered), run.written.length ? count(rowsOf(run, 'cleanse')) : '', run.quarantined.length ? count(sumOf(run.quarantined, 3)) : '', total ? decimal(total, 1) : '',
        decimal(run.total[1], 3), decimal(run.total[2], 3), total ? s('svg', {width: 120, height: 16, role: 'img', 'aria-label': stages.map(name => `${name}: ${run.seconds[name] || 0} seconds`).join(', ')}, stages.map((name, number) => {
          const width = (run.seconds[name] || 0) / most * 120, bar = s('rect', {class: 's' + number % 3, x: at, y: 2, width, height: 12}, s('title', {}, `${name}: ${run.seconds[name] || 0} seconds`));
          at += width;
          return bar;
        })) : ''];
    }), 'No run is recorded.')];
  }

  const usageOf = ([kind, hours, cost] = ['']) => [decimal(hours, 3), decimal(cost, 3), kind];
  const usageMissing = () => lake.usage.missing ? h('p', {class: 'note'}, lake.usage.missing) : '';
  // DPU-hours or costs of the workflows in each month; `at` is the place of the figures in the rows of the data.
  function byMonth(title, at) {
    const rows = lake.usage.workflows.filter(row => row[at].some(value => value !== null));
    return rows.length ? [h('h2', {}, title), grid(['workflow', '#total', ...lake.usage.months.map(month => '#' + month)], rows.map(row =>
      [breakable(row[0]), decimal(row[at].reduce((sum, value) => sum + (value || 0), 0), 2), ...row[at].map(value => decimal(value, 2))]))] : '';
  }

  function usageByMonth() {
    const {months, price, unmeasured, unpriced} = lake.usage;
    return !months.length ? usageMissing() : [byMonth('DPU-hours by month', 1), byMonth('Costs by month', 2), h('p', {class: 'quiet'}, 'AWS Glue knows the runs of jobs for 90 days.',
      unmeasured ? ` Sums leave out ${count(unmeasured)} runs whose DPU-hours it does not tell.` : '', price !== null && unpriced ? ` Costs leave out ${count(unpriced)} runs, because the price is only for AWS Glue ${price}.` : '')];
  }

  const workflowsPage = () => [h('h1', {}, 'Workflows'), grid(['workflow', 'description', 'owner', 'files', 'transforms', 'last run'], lake.workflows.map(flow => [
    h('a', {href: address(flow.name.replace('/', '.').toLowerCase())}, breakable(flow.name)), flow.description, flow.owner, flow.files.map(file => h('div', {}, h('code', {}, file))), flow.transforms.join(', '), flow.status])), usageByMonth()];

  const matchesPage = () => [h('h1', {}, 'Entity matches'), (lake.matches || []).length ? '' : h('p', {class: 'quiet'}, lake.matches ? 'No database was matched yet.' : 'The figures of matches come from rows, and these pages were written without reading any.'), (lake.matches || []).map(match => [h('h2', {}, match.database),
    figures([[count(match.keys), 'source keys'], [count(match.persons), 'persons'], [match.persons ? (match.keys / match.persons).toFixed(2) : '–', 'keys for each person']]),
    grid(['how keys were matched', '#keys'], match.levels.map(([name, keys]) => [({given: 'id in the data', exact: 'same source key', new: 'new person'})[name] || 'level ' + name, count(keys)])),
    h('h2', {}, 'Source keys of a person'), grid(['#keys', '#persons'], match.sizes.map(([size, persons]) => [count(size), count(persons)]))])];

  function searchPage(text) {
    const wanted = text.toLowerCase(), hits = [];
    for (const table of lake.tables) {
      if ([table.name, table.description, table.owner].some(part => part.toLowerCase().includes(wanted))) hits.push([h('a', {href: address(table.name)}, table.name), KINDS[table.kind], table.description, table.owner]);
      for (const column of table.columns) if (column[0].toLowerCase().includes(wanted) || column[2].toLowerCase().includes(wanted)) hits.push([h('a', {href: address(table.name, column[0])}, table.name + '.' + column[0]), 'column', column[2], '']);
    }
    return [h('h1', {}, `${count(hits.length)} results for “${text}”`), grid(['name', 'kind', 'description', 'owner'], hits.slice(0, 200), 'No table and no column has such a name.'), hits.length > 200 ? h('p', {class: 'quiet'}, 'The first 200 are shown.') : ''];
  }

  const PAGES = {'': overview, tables: tablesPage, lineage: () => [h('h1', {}, 'Lineage of tables'), lake.unread.map(text => h('p', {class: 'note'}, text)), tableGraph()], workflows: workflowsPage, quality: qualityPage, runs: runsPage, matches: matchesPage};

  function show() {
    const [page, ...parts] = location.hash.replace(/^#\/?/, '').split('/').map(decodeURIComponent);
    const content = page === 'table' ? (parts.length > 1 ? columnPage(parts[0], parts[1]) : tablePage(parts[0])) : page === 'run' ? runPage(parts[0] || '') : page === 'search' ? searchPage(parts[0] || '') : (PAGES[page] || overview)();
    main.replaceChildren(...content.flat(Infinity).filter(item => item !== ''));
    document.title = main.querySelector('h1').textContent + ' – data lake';
    document.querySelectorAll('nav a').forEach(item => item.getAttribute('href') === '#/' + page ? item.setAttribute('aria-current', 'page') : item.removeAttribute('aria-current'));
    window.scrollTo(0, 0);
  }
  window.addEventListener('hashchange', () => { if (!location.hash.startsWith('#main')) { show(); if (document.activeElement !== search) main.focus({preventScroll: true}); } });
  search.addEventListener('input', () => { location.hash = search.value.trim() ? '#/search/' + encodeURIComponent(search.value.trim()) : '#/'; });
  show();
})();
