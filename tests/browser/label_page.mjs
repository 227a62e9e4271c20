// label_page.mjs PROGRAM PICTURES: labelling with keys, from the image to the file on the disk.
import {check, withBrowser} from './browser.mjs';
import {withSite} from './label_site.mjs';
import {allSaved, contented, openLabeller, painted, pressTo, suggested} from './label_steps.mjs';

const [program, pictures] = process.argv.slice(2);
const report = {};
const names = ['cat.0.png', 'cat.1.png', 'cat.2.png', 'dog.0.png', 'dog.1.png', 'dog.2.png'];

async function oneKeyEach(browser, site) {
  const page = await openLabeller(browser, site);
  await painted(page, 'cat.0.png');
  await suggested(page);
  await pressTo(page, 'c', 'cat.1.png');
  await pressTo(page, 'D', 'cat.2.png');       // Caps Lock is no modifier
  await pressTo(page, ' ', 'dog.0.png');       // the suggestion
  await pressTo(page, 's', 'dog.1.png');
  await pressTo(page, 'r', 'dog.2.png');
  await pressTo(page, 'ArrowLeft', 'dog.1.png');
  await pressTo(page, 'ArrowRight', 'dog.2.png');
  await page.keyboard.press('d');
  await page.getByText('All done').waitFor();
  await allSaved(page, 6);
  const files = site.annotations();
  report.labels = Object.fromEntries(Object.entries(files).map(([name, {label}]) => [name, label]));
  check(files['cat.0'].label === 'CAT' && files['cat.1'].label === 'DOG' && files['dog.2'].label === 'DOG', 'the keys are on the disk');
  check(files['cat.2'].source === 'auto', 'the suggestion was kept');
  check(!('dog.0' in files) && !('dog.1' in files), 'skipped and rejected have no label');
  const events = await site.history();
  check(events.every((event) => event.annotator === 'anna'), 'the name goes along');
  check(events.every((event) => event.milliseconds > 0 && event.milliseconds < 10_000), 'the time goes along');
  check(events[0].shown !== null && events[0].blind === false, 'what was shown goes along');

  // Undo, after a reload too, until nothing is left.
  await page.keyboard.press('u');
  await painted(page, 'dog.2.png');
  await allSaved(page);
  await page.reload();
  await painted(page, 'dog.2.png');
  await page.keyboard.press('Control+z');
  await painted(page, 'dog.1.png');
  await allSaved(page);
  check((await site.history()).at(-1).undoes === events[4].id, 'the reject was taken back');
  for (const name of ['dog.0.png', 'cat.2.png', 'cat.1.png', 'cat.0.png']) {
    await pressTo(page, 'u', name);
    await allSaved(page);
  }
  report.left = Object.keys(site.annotations()).length;
  await contented(page);
  await page.keyboard.press('u');
  await page.getByText('Nothing to undo').waitFor();  // the browser reports the API's 404
  await page.context().close();
}

async function whatMustNotLabel(browser, site) {
  const page = await openLabeller(browser, site);
  await painted(page, 'cat.0.png');
  const press = (key, more) => page.evaluate(([name, rest]) =>
    document.body.dispatchEvent(new KeyboardEvent('keydown', {key: name, code: `Key${name.toUpperCase()}`, bubbles: true, cancelable: true, ...rest})), [key, more]);
  await press('c', {repeat: true});
  for (const modifier of ['ctrlKey', 'altKey', 'metaKey', 'shiftKey']) await press('c', {[modifier]: true});
  await page.keyboard.press('?');
  await page.getByRole('dialog').waitFor();
  await page.keyboard.press('c');
  await page.keyboard.press('Escape');
  await page.getByRole('dialog').waitFor({state: 'detached'});
  await page.getByRole('button', {name: 'Settings'}).click();
  await page.getByLabel('Name', {exact: true}).pressSequentially('cdr');
  await page.keyboard.press('Escape');
  await page.getByRole('dialog').waitFor({state: 'detached'});
  check((await page.evaluate(() => document.documentElement.dataset.painted)) === 'cat.0.png', 'still the first image');
  await page.keyboard.down('c');               // held down: the browser repeats
  await page.keyboard.down('c');
  await page.keyboard.down('c');
  await page.keyboard.up('c');
  await painted(page, 'cat.1.png');
  await allSaved(page, 1);
  check((await site.history()).length === 1, 'one press, one label');

  // Two presses in one frame: the second is about an image that nobody has seen.
  await page.evaluate(() => {
    for (const key of ['d', 'd', 'd']) document.body.dispatchEvent(new KeyboardEvent('keydown', {key, bubbles: true, cancelable: true}));
  });
  await painted(page, 'cat.2.png');
  await allSaved(page, 2);
  check((await site.history()).length === 2, 'an image that was not painted is not labelled');
  await contented(page);
  await page.context().close();
}

async function latePrediction(browser, site) {
  const page = await openLabeller(browser, site, '#/progress');
  let release;
  const held = new Promise((resolve) => { release = resolve; });
  await page.route('**/api/predictions', async (route) => {
    await held;
    await route.continue();
  });
  await page.goto(`${site.address}/#/label?name=dog.0.png`);
  await painted(page, 'dog.0.png');
  await page.getByText('No suggestion').waitFor();
  await page.keyboard.press('c');
  release();
  await allSaved(page);
  await page.keyboard.press('ArrowLeft');
  await page.getByText('The model says').waitFor();
  const last = (await site.history()).at(-1);
  check(last.name === 'dog.0.png' && last.label === 'CAT' && last.shown === null, 'a late suggestion changed nothing');
  check(site.annotations()['dog.0'].label === 'CAT' && site.annotations()['dog.0'].source === 'manual', 'nor on the disk');
  await contented(page);
  await page.context().close();
}

async function blindOnes(browser, site) {
  const page = await openLabeller(browser, site);
  await painted(page, 'cat.0.png');
  await page.getByText('Your own judgement').waitFor();
  await page.keyboard.press(' ');
  check(site.annotations()['cat.0'] === undefined, 'there is nothing to accept');
  await pressTo(page, 'c', 'cat.1.png');
  await allSaved(page, 1);
  const [event] = await site.history();
  check(event.blind === true && event.shown !== null, 'a blind label says so, and what was withheld');
  check(site.annotations()['cat.0'].source === 'manual', 'nobody follows what is not seen');
  await page.context().close();
}

async function seedWay(browser, site) {
  const page = await openLabeller(browser, site, '', {settings: {seedMode: true}});
  await painted(page, 'cat.0.png');
  await page.keyboard.press('c');
  await page.keyboard.press('d');
  await page.getByRole('button', {name: 'DOG', pressed: true}).waitFor();
  await pressTo(page, 'ArrowRight', 'cat.1.png');
  await page.keyboard.press('r');
  await page.getByRole('dialog').getByText('Reject this image?').waitFor();
  await page.getByRole('button', {name: 'Cancel'}).click();
  await page.keyboard.press('r');
  await page.getByRole('dialog').getByRole('button', {name: 'Reject'}).click();
  await painted(page, 'cat.2.png');
  await allSaved(page, 2);
  check(site.annotations()['cat.0'].label === 'DOG', 'the last choice is saved');
  check((await site.history()).at(-1).action === 'reject', 'reject was asked for and done');
  await contented(page);
  await page.context().close();
}

async function ownKeys(browser, site) {
  const page = await openLabeller(browser, site);
  await painted(page, 'cat.0.png');
  await page.getByRole('button', {name: 'Settings'}).click();
  await page.getByRole('button', {name: 'Change the key of CAT'}).click();
  await page.keyboard.press('j');
  await page.getByLabel('Single keys').uncheck();
  await page.keyboard.press('Escape');
  await page.getByRole('dialog').waitFor({state: 'detached'});
  await page.keyboard.press('j');
  check((await page.evaluate(() => document.documentElement.dataset.painted)) === 'cat.0.png', 'keys are off');
  await page.getByRole('button', {name: 'DOG'}).click();
  await painted(page, 'cat.1.png');
  await page.getByRole('button', {name: 'Settings'}).click();
  await page.getByLabel('Single keys').check();
  await page.keyboard.press('Escape');
  await page.getByRole('dialog').waitFor({state: 'detached'});
  await pressTo(page, 'j', 'cat.2.png');
  await allSaved(page, 2);
  check(site.annotations()['cat.1'].label === 'CAT', 'the new key labels');
  await page.context().close();
}

await withBrowser(async (browser) => {
  await withSite({program, pictures, names}, (site) => oneKeyEach(browser, site));
  await withSite({program, pictures, names}, (site) => whatMustNotLabel(browser, site));
  await withSite({program, pictures, names}, (site) => latePrediction(browser, site));
  await withSite({program, pictures, names, blindShare: 1}, (site) => blindOnes(browser, site));
  await withSite({program, pictures, names}, (site) => seedWay(browser, site));
  await withSite({program, pictures, names}, (site) => ownKeys(browser, site));
});
console.log(JSON.stringify(report));
