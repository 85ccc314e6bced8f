/**
 * The page's own script: search, order and colours of the heat strip, and the console lines of a machine when it is opened.
 * It reads the embedded data and writes text only, never markup. The page reads well without it.
 */
export const SCRIPT = String.raw`'use strict';
(() => {
  const byId = (id) => document.getElementById(id);
  const { document: launch, timelines } = JSON.parse(byId('data').textContent);
  const machines = launch.machines;
  const strip = byId('strip');
  const cells = strip ? [...strip.children] : [];
  const list = byId('rows');
  const given = [...list.children];
  const rows = [];
  for (const row of given) rows[Number(row.dataset.i)] = row;
  for (const each of document.querySelectorAll('.js')) if (each.id !== 'shades') each.hidden = false;

  // As on the page: characters that can't be seen, or that turn the text round, are shown by their names.
  const visible = (line) => line.replace(/\x1b\[[0-9;?]*[ -\/]*[@-~]/g, '').replace(/\r+$/, '').replaceAll('\t', '  ')
    .replace(/[\p{Cc}\p{Cf}\p{Cs}\u2028\u2029]/gu, (c) => '[U+' + c.codePointAt(0).toString(16).toUpperCase().padStart(4, '0') + ']');

  // A single machine has neither search nor heat strip.
  const aboutMany = () => {
  // Search.
  const textOf = (m) => [m.instance_id, m.zone, m.instance_type, m.verdict, ...(m.notes || []), ...m.steps.map((s) => s.name),
    ...(m.failure ? [m.failure.step, m.failure.command, m.failure.error, m.failure.reason, m.failure.hint, ...m.failure.excerpt] : [])]
    .join('\n').toLowerCase();
  let texts;
  const field = (name) => byId('f-' + name).value;
  const filter = () => {
    texts ||= machines.map(textOf);
    const words = field('text').toLowerCase().split(/\s+/).filter(Boolean);
    const wanted = { verdict: field('verdict'), instance_type: field('type'), zone: field('zone') };
    const step = field('step');
    let count = 0;
    machines.forEach((m, i) => {
      const fits = words.every((word) => texts[i].includes(word)) &&
        Object.keys(wanted).every((key) => wanted[key] === '' || m[key] === wanted[key]) &&
        (step === '' || (m.failure && m.failure.step === step));
      rows[i].hidden = !fits;
      cells[i].classList.toggle('out', !fits);
      if (fits) count += 1;
    });
    byId('f-count').textContent = count === machines.length ? 'all ' + count + ' shown' : count + ' of ' + machines.length + ' match';
    byId('none').hidden = count > 0;
  };
  const form = byId('filters');
  form.addEventListener('submit', (event) => event.preventDefault());
  for (const name of ['text', 'verdict', 'zone', 'type', 'step']) byId('f-' + name).addEventListener('input', filter);

  // Order and colour.
  byId('f-order').addEventListener('input', () => {
    const order = field('order');
    const ids = (a, b) => (machines[a.dataset.i].instance_id < machines[b.dataset.i].instance_id ? -1 : 1);
    list.append(...(order === 'launch' ? rows : order === 'id' ? given.toSorted(ids) : given));
  });
  byId('f-by').addEventListener('input', () => {
    strip.dataset.by = field('by');
    byId('shades').hidden = field('by') !== 'boot';
  });

  // The heat strip: one stop for the Tab key, arrows inside.
  const peek = byId('peek');
  const seconds = (ms) => (ms < 1000 ? ms + ' ms' : (ms / 1000).toFixed(1) + ' s');
  const show = (i) => {
    const m = machines[i];
    const boot = m.boot_ms ?? (timelines[i] ? timelines[i].verdict_ms : null);
    const slowest = m.steps.reduce((a, b) => (a && a.ms >= b.ms ? a : b), undefined);
    const why = m.failure && (m.failure.error || m.failure.reason);
    peek.textContent = visible([m.instance_id, m.zone, m.instance_type, m.verdict + (m.failure && m.failure.step ? ' at ' + m.failure.step : ''),
      boot === null ? 'no boot time' : 'boot ' + seconds(boot), ...(slowest ? ['slowest step ' + slowest.name + ' ' + seconds(slowest.ms)] : []),
      ...(m.notes || []), ...(why ? [why.length > 300 ? why.slice(0, 300) + '…' : why] : [])].join(' · '));
  };
  const indexOf = (event) => cells.indexOf(event.target.closest('a'));
  strip.addEventListener('pointerover', (event) => { const i = indexOf(event); if (i >= 0) show(i); });
  strip.addEventListener('focusin', (event) => {
    const i = indexOf(event);
    if (i < 0) return;
    for (const cell of strip.querySelectorAll('[tabindex="0"]')) cell.tabIndex = -1;
    cells[i].tabIndex = 0;
    show(i);
  });
  strip.addEventListener('keydown', (event) => {
    const i = indexOf(event);
    const wide = cells.findIndex((cell) => cell.offsetTop > cells[0].offsetTop);
    const columns = wide < 0 ? cells.length : wide;
    const to = { ArrowRight: i + 1, ArrowLeft: i - 1, ArrowDown: i + columns, ArrowUp: i - columns, Home: 0, End: cells.length - 1 }[event.key];
    if (i < 0 || to === undefined || event.ctrlKey || event.metaKey || event.altKey) return;
    event.preventDefault();
    if (cells[to]) cells[to].focus();
  });
  peek.textContent = 'Point at a cell to read about its machine.';

  };
  if (strip) aboutMany();

  // Words at a part of a bar: those of the same part in the machine's table.
  list.addEventListener('pointerover', (event) => {
    const rect = event.target.closest('rect');
    if (!rect || rect.firstChild) return;
    const part = [...rect.parentNode.querySelectorAll('rect')].indexOf(rect);
    const line = rect.closest('li').querySelectorAll('tbody tr')[part];
    const title = document.createElementNS('http://www.w3.org/2000/svg', 'title');
    title.textContent = rect.matches('.o') ? 'no verdict' : line ? line.firstChild.textContent + ': ' + line.lastChild.textContent : 'up to the verdict';
    rect.append(title);
  });

  // Links to a machine open it, also where the search hides it.
  const open = () => {
    const target = location.hash.length > 1 && byId(location.hash.slice(1));
    const row = target && target.closest('#rows > li');
    if (!row) return;
    row.hidden = false;
    row.firstChild.open = true;
    row.querySelector('summary').focus({ preventScroll: true });
    target.scrollIntoView({ block: 'center' });
  };
  addEventListener('hashchange', open);
  document.addEventListener('click', (event) => {
    const link = event.target.closest && event.target.closest('a[href^="#m-"]');
    if (link && link.hash === location.hash) open();
  });
  list.addEventListener('toggle', (event) => {
    const row = event.target.parentNode;
    const failure = row.dataset && row.dataset.i && machines[row.dataset.i].failure;
    const box = row.querySelector('.details');
    if (!failure || failure.excerpt.length === 0 || box.querySelector('pre')) return;
    const title = document.createElement('p');
    title.textContent = 'Its console, around the failure or at the end:';
    const pre = document.createElement('pre');
    pre.tabIndex = 0;
    pre.textContent = failure.excerpt.map(visible).join('\n');
    box.append(title, pre);
  }, true);
  open();
})();
`;
