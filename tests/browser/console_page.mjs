// console_page.mjs ADDRESS FOLDER: the console over a workspace with some weeks of life in it (console_site.py): every view
// in both schemes and on a phone, its log live, what a person does by keyboard.
import {appendFileSync} from 'node:fs';
import {join} from 'node:path';

import {accessibilityFaults, check, open, shot, withBrowser} from './browser.mjs';

const [address, folder] = process.argv.slice(2);
const report = {faults: {}, wide: {}, complaints: [], live: '', pruned: '', promoted: '', stopped: ''};
const kSizes = {desktop: {width: 1280, height: 900}, phone: {width: 390, height: 844}};
const kReady = {
  runs: (page) => page.getByRole('link', {name: 'run-000004'}).first().waitFor(),
  'runs?id=run-000003': async (page) => {
    await page.locator('.chart canvas').first().waitFor();
    await page.getByText('Epoch 24/24').waitFor();
  },
  models: (page) => page.getByRole('heading', {name: 'What served when'}).waitFor(),
  'models?model=animal&version=1': (page) => page.getByRole('heading', {name: 'Where it comes from'}).waitFor(),
  'models?model=animal&version=4': (page) => page.getByText('it cannot be promoted any more').waitFor(),
  drift: async (page) => {
    await page.getByRole('article', {name: 'Features'}).waitFor();
    await page.locator('.pictures img').first().waitFor();
  },
  canary: (page) => page.locator('.chart canvas').waitFor(),
};

function openConsole(browser, hash, options = {}) {
  const init = [() => {
    localStorage.setItem('animalctl.labeller', JSON.stringify({annotator: 'anna'}));
    window.policyBreaks = [];
    document.addEventListener('securitypolicyviolation', (event) => window.policyBreaks.push(event.violatedDirective));
  }];
  return open(browser, `${address}/console/#/${hash}`, {viewport: kSizes.desktop, reducedMotion: 'reduce', init, ...options});
}

async function contented(page, what) {
  report.complaints.push(...page.complaints.map((text) => `${what}: ${text}`), ...(await page.evaluate(() => window.policyBreaks)).map((text) => `${what}: policy ${text}`));
}

// The whole of a view, however long.
async function longShot(page, name) {
  const height = await page.evaluate(() => document.querySelector('.page').scrollHeight + 80);
  const {width} = page.viewportSize();
  await page.setViewportSize({width, height: Math.max(400, Math.min(height, 4000))});
  await shot(page, name);
  await page.setViewportSize({width, height: 900});
}

async function everyView(browser) {
  for (const scheme of ['light', 'dark']) {
    for (const [size, viewport] of Object.entries(kSizes)) {
      const page = await openConsole(browser, 'runs', {viewport, colorScheme: scheme});
      for (const [view, ready] of Object.entries(kReady)) {
        await page.goto(`${address}/console/#/${view}`);
        await ready(page);
        const name = `${view.replace(/[^a-z0-9]+/g, '-')}-${size}-${scheme}`;
        await longShot(page, `console-${name}`);
        const over = await page.evaluate(() => document.documentElement.scrollWidth - document.documentElement.clientWidth);
        if (over > 0) report.wide[name] = over;
        report.faults[name] = await accessibilityFaults(page);
      }
      await contented(page, `${size} ${scheme}`);
      await page.context().close();
    }
  }
}

async function liveLog(browser) {
  const page = await openConsole(browser, 'runs?id=run-000004');
  const log = page.getByRole('log');
  await log.getByText('Epoch 1/24').waitFor();
  appendFileSync(join(folder, 'logs/runs/run-000004/train.log'), 'Epoch 2/24: train loss 0.5512\n');
  await log.getByText('Epoch 2/24').waitFor();
  appendFileSync(join(folder, 'logs/runs/run-000004/train.log'), 'Epoch 3/24: train loss 0.4711\n');
  await log.getByText('Epoch 3/24').waitFor();
  report.live = (await log.textContent()).trim().split('\n').length;
  await page.getByRole('combobox').selectOption('check');
  await log.getByText('655 frames, 0 errors').waitFor();
  await page.getByText('The step has ended.').waitFor();
  await contented(page, 'log');
  await page.context().close();
}

// Goes with Tab until the focus is on what has this name, then presses Enter.
async function pressNamed(page, name) {
  for (let presses = 0; presses < 60; presses++) {
    await page.keyboard.press('Tab');
    const text = await page.evaluate(() => document.activeElement?.textContent?.trim());
    if (text === name) {
      await page.keyboard.press('Enter');
      return;
    }
  }
  throw new Error(`Tab never came to ${name}`);
}

async function promoteByKeyboard(browser) {
  const page = await openConsole(browser, 'models');
  await kReady.models(page);
  const pruned = page.getByRole('row').filter({hasText: 'its files are gone'});
  report.pruned = (await Promise.all([0, 1, 7].map((cell) => pruned.locator('th, td').nth(cell).textContent()))).join('').trim();
  check(await pruned.getByRole('button').count() === 0, 'a version without files cannot be promoted');
  await pressNamed(page, 'Promote version 2');
  const dialog = page.getByRole('dialog', {name: 'Promote version 2'});
  await dialog.waitFor();
  await shot(page, 'console-promote');
  report.faults.promote = await accessibilityFaults(page);
  await dialog.getByLabel('Reason').fill('   ');
  await dialog.getByRole('button', {name: 'Promote'}).click();
  await dialog.getByRole('alert').waitFor();
  await page.keyboard.press('Escape');
  await dialog.waitFor({state: 'detached'});
  await page.getByRole('button', {name: 'Promote version 2'}).press('Enter');
  await dialog.getByLabel('Reason').fill('sees more dogs');
  await dialog.getByRole('button', {name: 'Promote'}).press('Enter');
  await page.getByText('Version 2 is the champion.').waitFor();
  await page.locator('.history li').first().getByText('sees more dogs').waitFor();
  report.promoted = (await page.locator('.history li').first().textContent()).replace(/^.*?promoted/, 'promoted');
  await page.getByRole('button', {name: 'Roll back to version 1'}).click();
  const back = page.getByRole('dialog', {name: 'Roll back to version 1'});
  await back.getByLabel('Reason').fill('it was a test');
  await back.getByRole('button', {name: 'Roll back'}).click();
  await page.getByText('Rolled back.').waitFor();
  await contented(page, 'promote');
  await page.context().close();
}

async function stopCanary(browser) {
  const page = await openConsole(browser, 'canary');
  await kReady.canary(page);
  await pressNamed(page, 'Stop the canary');
  const dialog = page.getByRole('dialog', {name: 'Stop the canary'});
  await dialog.getByLabel('Reason').fill('it sees no cats');
  await dialog.getByRole('button', {name: 'Stop', exact: true}).press('Enter');
  await page.getByText('To be stopped: “it sees no cats”').waitFor();
  check(await page.getByRole('button', {name: 'Stop the canary'}).count() === 0, 'one request is enough');
  report.stopped = await page.locator('.decisions li').first().textContent();
  await contented(page, 'canary');
  await page.context().close();
}

await withBrowser(async (browser) => {
  await everyView(browser);
  await liveLog(browser);
  await promoteByKeyboard(browser);
  await stopCanary(browser);
});
console.log(JSON.stringify(report));
