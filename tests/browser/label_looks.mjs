// label_looks.mjs PROGRAM PICTURES: how every view looks, in both schemes, on a phone, in every language, from right to left;
// and what axe finds.
import {accessibilityFaults, check, shot, withBrowser} from './browser.mjs';
import {LabelSite} from './label_site.mjs';
import {allSaved, contented, openLabeller, painted} from './label_steps.mjs';

const [program, pictures] = process.argv.slice(2);
const report = {faults: {}, wide: {}, languages: []};
const kSizes = {desktop: {width: 1280, height: 800}, large: {width: 1920, height: 1080}, phone: {width: 390, height: 844}};

// Some work of two people, so that the views have something to show.
async function work(site) {
  const names = (await site.ask('/api/items?state=unlabelled&limit=60&sort=random&seed=3')).items.map(({name}) => name);
  const {items} = await site.ask('/api/predictions', {names});
  for (const [who, from, to] of [['ben', 0, 24], ['anna', 24, 48]]) {
    const changes = items.slice(from, to).map(({name, revision, prediction}, index) => ({
      key: `${who}-change-${index}`, name, revision, action: index % 11 === 10 ? 'skip' : index % 13 === 12 ? 'reject' : 'label',
      label: name.startsWith('cat') ? 'CAT' : 'DOG', shown: index % 9 === 8 ? null : prediction, blind: index % 9 === 8, milliseconds: 700 + 31 * index,
    })).map(({label, ...rest}) => (rest.action === 'label' ? {...rest, label} : rest));
    await site.ask('/api/labels', {changes}, {'X-Annotator': who});
  }
  // The two agree on most of what both have seen.
  const seen = (await site.ask('/api/items?state=labelled&annotator=ben')).items;
  const changes = seen.map(({name, revision, label}, index) => ({
    key: `anna-again-${index}`, name, revision, action: 'label', label: index % 8 === 7 ? {CAT: 'DOG', DOG: 'CAT'}[label] : label, shown: null, blind: false, milliseconds: 650,
  }));
  await site.ask('/api/labels', {changes}, {'X-Annotator': 'anna'});
}

const kReady = {
  label: async (page) => {
    await page.locator('.suggestion .number').first().waitFor();
    await page.locator('.stage canvas').waitFor();
  },
  grid: (page) => page.waitForFunction(() => {
    const images = [...document.querySelectorAll('.cell img')];
    return images.length > 3 && images.every((image) => image.complete);
  }),
  review: (page) => page.waitForFunction(() => {
    const image = document.querySelector('.panel-image img');
    return image?.complete && document.querySelector('.history');
  }),
  progress: (page) => page.locator('.legend').waitFor(),
};

async function noSidewaysScroll(page, what) {
  const over = await page.evaluate(() => document.documentElement.scrollWidth - document.documentElement.clientWidth);
  if (over > 0) report.wide[what] = over;
}

async function everyView(browser, site) {
  for (const scheme of ['light', 'dark']) {
    for (const [size, viewport] of Object.entries(kSizes)) {
      const page = await openLabeller(browser, site, '', {viewport, colorScheme: scheme, reducedMotion: 'reduce'});
      for (const [view, ready] of Object.entries(kReady)) {
        await page.goto(`${site.address}/#/${view}`);
        await ready(page);
        await shot(page, `label-${view}-${size}-${scheme}`);
        await noSidewaysScroll(page, `${view} ${size}`);
        if (size !== 'large') report.faults[`${view} ${size} ${scheme}`] = await accessibilityFaults(page);
      }
      await contented(page);
      await page.context().close();
    }
  }
}

// The pictures of the README: copy readme-label-*.png to docs/images/label-*.png when the page has changed.
async function readmePictures(browser, site) {
  const page = await openLabeller(browser, site, '', {viewport: {width: 900, height: 560}, colorScheme: 'light', reducedMotion: 'reduce'});
  for (const [view, ready] of Object.entries(kReady)) {
    await page.goto(`${site.address}/#/${view === 'label' ? 'label?name=dog.33.png' : view}`);
    await ready(page);
    await shot(page, `readme-label-${view}`);
  }
  await page.context().close();
}

async function dialogs(browser, site) {
  const page = await openLabeller(browser, site);
  await kReady.label(page);
  for (const [name, file] of [['Help and keys', 'help'], ['Settings', 'settings'], ['Import and export', 'data']]) {
    await page.getByRole('button', {name}).click();
    await page.getByRole('dialog').waitFor();
    await shot(page, `label-${file}`);
    report.faults[file] = await accessibilityFaults(page);
    await page.keyboard.press('Escape');
    await page.getByRole('dialog').waitFor({state: 'detached'});
  }
  await page.context().close();
}

async function contrastModes(browser, site) {
  for (const [name, options] of [['contrast', {contrast: 'more'}], ['forced', {forcedColors: 'active'}]]) {
    const page = await openLabeller(browser, site, '', options);
    await kReady.label(page);
    await shot(page, `label-${name}`);
    await page.goto(`${site.address}/#/grid`);
    await kReady.grid(page);
    await page.locator('.cell').nth(1).click();
    await shot(page, `label-grid-${name}`);
    await page.context().close();
  }
}

async function languages(browser, site) {
  for (const [locale, word] of [['es-MX', 'Etiquetar'], ['fr-FR', 'Étiqueter'], ['de-AT', 'Beschriften'], ['zh-CN', '标注'], ['pt-BR', 'Label']]) {
    const page = await openLabeller(browser, site, '', {locale, viewport: kSizes.phone});
    await page.getByRole('link', {name: word, exact: true}).waitFor();
    report.languages.push(await page.evaluate(() => document.documentElement.lang));
    await kReady.label(page);
    await noSidewaysScroll(page, `label ${locale}`);
    await page.context().close();
  }
  const page = await openLabeller(browser, site);
  await page.getByRole('button', {name: 'Settings'}).click();
  await page.getByLabel('Language').selectOption('de');
  await page.getByRole('heading', {name: 'Einstellungen'}).waitFor();
  await page.context().close();
}

// None of the languages runs from right to left; one that does must find a page that mirrors.
async function rightToLeft(browser, site) {
  const page = await openLabeller(browser, site);
  await page.evaluate(() => { document.documentElement.dir = 'rtl'; });
  await kReady.label(page);
  const sides = await page.evaluate(() => ['.brand', '.tools', '.side.end'].map((name) => document.querySelector(name).getBoundingClientRect().x));
  check(sides[0] > 1000 && sides[1] < 300 && sides[2] < 300, `mirrored: ${sides}`);
  for (const view of Object.keys(kReady)) {
    await page.goto(`${site.address}/#/${view}`);
    await page.evaluate(() => { document.documentElement.dir = 'rtl'; });
    await kReady[view](page);
    await noSidewaysScroll(page, `${view} rtl`);
    await shot(page, `label-${view}-rtl`);
  }
  await page.context().close();
}

async function touch(browser, site) {
  const page = await openLabeller(browser, site, '', {viewport: kSizes.phone, hasTouch: true, isMobile: true});
  await page.waitForFunction(() => document.documentElement.dataset.painted !== undefined);
  const first = await page.evaluate(() => document.documentElement.dataset.painted);
  const swipe = (from, to) => page.evaluate(([start, end]) => {
    const stage = document.querySelector('.stage');
    const event = (type, clientX) => stage.dispatchEvent(new PointerEvent(type, {bubbles: true, pointerType: 'touch', pointerId: 5, clientX, clientY: 300}));
    event('pointerdown', start);
    event('pointerup', end);
  }, [from, to]);
  await swipe(300, 80);
  await page.waitForFunction((name) => document.documentElement.dataset.painted !== name, first);
  await swipe(80, 300);
  await painted(page, first);
  await page.getByRole('button', {name: 'DOG'}).tap();
  await allSaved(page, 1);
  await page.context().close();
}

const site = await new LabelSite({program, pictures}).start();
try {
  await work(site);
  await withBrowser(async (browser) => {
    await everyView(browser, site);
    await readmePictures(browser, site);
    await dialogs(browser, site);
    await contrastModes(browser, site);
    await languages(browser, site);
    await rightToLeft(browser, site);
    await touch(browser, site);
  });
} finally {
  await site.end();
}
console.log(JSON.stringify(report));
