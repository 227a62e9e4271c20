// predict_page.mjs ADDRESS PICTURE BROKEN: the page to try the model, as a person uses it.
import {readFileSync} from 'node:fs';

import {accessibilityFaults, check, open, shot, withBrowser} from './browser.mjs';

const [address, picture, broken] = process.argv.slice(2);
const report = {};

async function choose(page, file) {
  await page.setInputFiles('input[type=file]', file);
}

async function label(page, text) {
  await page.locator('.label', {hasText: text}).waitFor();
}

// Puts a file into an event of the page, as the browser does when something is dropped or pasted.
function giveFile(page, kind) {
  return page.evaluate(({kind: type, bytes}) => {
    const transfer = new DataTransfer();
    transfer.items.add(new File([new Uint8Array(bytes)], 'given.png', {type: 'image/png'}));
    const event = type === 'paste'
      ? new ClipboardEvent('paste', {clipboardData: transfer, bubbles: true})
      : new DragEvent('drop', {dataTransfer: transfer, bubbles: true, cancelable: true});
    document.body.dispatchEvent(event);
  }, {kind, bytes: [...readFileSync(picture)]});
}

async function answers(browser) {
  const page = await open(browser, address, {colorScheme: 'light'});
  check((await page.title()) === 'Animal Classifier', 'the title');
  await page.getByText('What the model says is shown here.').waitFor();
  await shot(page, 'light-empty');
  await choose(page, picture);
  await label(page, 'DOG');
  check(await page.getByRole('meter', {name: 'Score'}).getAttribute('aria-valuenow') > 0.5, 'the bar shows the score');
  check((await page.locator('dd').first().textContent()) === '2', 'the version that computed');
  check(/\d+ ms/.test(await page.locator('dd').nth(1).textContent()), 'the time');
  check(await page.locator('.chooser img').evaluate((image) => image.naturalWidth > 0), 'the picture is seen');
  report.faultsLight = await accessibilityFaults(page);
  await shot(page, 'light-answer');
  check(page.complaints.length === 0, `nothing to complain of, but ${page.complaints}`);
  await page.context().close();
}

async function everyWayIn(browser) {
  const page = await open(browser, address, {colorScheme: 'dark'});
  await giveFile(page, 'drop');
  await label(page, 'DOG');
  await shot(page, 'dark-answer');
  report.faultsDark = await accessibilityFaults(page);
  await page.reload();
  await giveFile(page, 'paste');
  await label(page, 'DOG');
  // By keyboard alone: the button is reached with Tab and opens the file chooser.
  await page.reload();
  const chooser = page.waitForEvent('filechooser');
  await page.keyboard.press('Tab');
  await page.keyboard.press('Tab');
  check(await page.evaluate(() => document.activeElement.tagName) === 'BUTTON', 'Tab reaches the button');
  await page.keyboard.press('Enter');
  await (await chooser).setFiles(picture);
  await label(page, 'DOG');
  check(page.complaints.length === 0, `nothing to complain of, but ${page.complaints}`);
  await page.context().close();
}

async function errors(browser) {
  const page = await open(browser, address, {viewport: {width: 390, height: 780}});
  await choose(page, broken);
  const alert = page.getByRole('alert');
  await alert.waitFor();
  report.refused = await alert.textContent();
  await page.getByText('Your browser cannot show this file.').waitFor();
  report.faultsError = await accessibilityFaults(page);
  await shot(page, 'narrow-error');

  await page.route('**/predict', (route) => route.fulfill({status: 503, json: {message: 'full'}, headers: {'Retry-After': '1'}}));
  await choose(page, picture);
  await page.getByText('The server is busy').waitFor();
  await page.unroute('**/predict');
  await page.route('**/predict', (route) => route.abort());
  await choose(page, picture);
  await page.getByText('The picture could not be sent').waitFor();
  await page.unroute('**/predict');
  await page.route('**/predict', (route) => route.fulfill({status: 200, body: '<html>'}));
  await choose(page, picture);
  await page.getByText('an answer that this page does not understand').waitFor();
  await page.unroute('**/predict');
  // After errors an answer takes their place.
  await choose(page, picture);
  await label(page, 'DOG');
  check((await alert.count()) === 0, 'the error is gone');
  await shot(page, 'narrow-answer');
  await page.context().close();
}

async function lateAnswer(browser) {
  const page = await open(browser, address);
  let release;
  const held = new Promise((resolve) => { release = resolve; });
  await page.route('**/predict', async (route) => {
    await held;
    await route.fulfill({json: {animal: 'LATE', score: 0.1, version: 1}}).catch(() => {});
  }, {times: 1});
  await choose(page, picture);
  await page.getByText('Looking at the picture…').waitFor();
  await choose(page, picture);
  await label(page, 'DOG');
  release();
  await page.evaluate(() => new Promise((resolve) => setTimeout(resolve, 50)));
  check((await page.getByText('LATE').count()) === 0, 'a late answer does not replace the newer one');
  await page.context().close();
}

async function manyClasses(browser) {
  const config = {traffic: 1, current_version: 3, previous_version: 1};
  const changed = await fetch(`${address}/api/update-config`, {method: 'PUT', body: JSON.stringify(config)});
  check(changed.ok, 'the config is changed');
  const page = await open(browser, address);
  await choose(page, picture);
  await label(page, 'TABBY CAT');
  check((await page.getByRole('meter').count()) === 5, 'a bar for each of the five best');
  await shot(page, 'light-classes');
  await page.context().close();
}

await withBrowser(async (browser) => {
  await answers(browser);
  await everyWayIn(browser);
  await errors(browser);
  await lateAnswer(browser);
  await manyClasses(browser);
});
console.log(JSON.stringify(report));
