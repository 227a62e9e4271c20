// label_outbox.mjs PROGRAM PICTURES: what is not on the server yet is not lost: restarts, closed tabs, two tabs, tokens.
import {accessibilityFaults, check, open, shot, withBrowser} from './browser.mjs';
import {withSite} from './label_site.mjs';
import {allSaved, contented, openLabeller, painted, pressTo, unsaved} from './label_steps.mjs';

const [program, pictures] = process.argv.slice(2);
const report = {};
const people = [{name: 'anna', role: 'labeller', token: 'anna'.padEnd(43, 'x')}, {name: 'ruth', role: 'admin', token: 'ruth'.padEnd(43, 'x')}];
const names = ['cat.0.png', 'cat.1.png', 'cat.2.png', 'dog.0.png', 'dog.1.png', 'dog.2.png'];

// kill -9 in the middle, a tab that is closed meanwhile, and a new one that sends what was kept.
async function restart(browser, site) {
  const page = await openLabeller(browser, site);
  const context = page.context();
  await painted(page, 'cat.0.png');
  await pressTo(page, 'c', 'cat.1.png');
  await allSaved(page, 1);
  await site.kill();
  await pressTo(page, 'd', 'cat.2.png');       // decoded ahead: labelling goes on
  await pressTo(page, 'd', 'dog.0.png');
  await page.keyboard.press('ArrowLeft');
  await painted(page, 'cat.2.png');
  await pressTo(page, 'c', 'dog.0.png');       // a second thought on top of a change that has not left
  await unsaved(page, 3);
  await page.getByText('Server not reached').waitFor();
  await page.close();
  await site.start();
  const later = await openLabeller(browser, site, '', {context});
  await allSaved(later, 3);
  const files = site.annotations();
  check(files['cat.1'].label === 'DOG' && files['cat.2'].label === 'CAT', 'what was kept is on the disk');
  const events = await site.history();
  check(events.length === 4, `each change happened once, not ${events.length} in all`);
  await painted(later, 'dog.0.png');
  await contented(later);
  await context.close();
}

// The server's answer is lost: the change is sent again and counts once.
async function cutConnection(browser, site) {
  const page = await openLabeller(browser, site);
  await painted(page, 'cat.0.png');
  await page.route('**/api/labels', async (route) => {
    await route.fetch();                       // it arrives
    await route.abort();                       // and the answer does not
  }, {times: 2});
  await page.keyboard.press('d');
  await allSaved(page, 1);
  check((await site.history()).length === 1, 'sent three times, done once');
  await page.context().close();
}

async function twoTabs(browser, site) {
  const first = await openLabeller(browser, site);
  const second = await openLabeller(browser, site, '', {context: first.context()});
  await painted(first, 'cat.0.png');
  await painted(second, 'cat.0.png');
  await pressTo(first, 'c', 'cat.1.png');
  await allSaved(first, 1);
  await second.keyboard.press('d');
  await painted(second, 'cat.1.png');
  await second.getByRole('button', {name: '1 to decide'}).click();
  const dialog = second.getByRole('dialog');
  await dialog.getByText('Nothing is lost').waitFor();
  report.versions = await dialog.locator('.version strong').allTextContents();
  report.faultsConflict = await accessibilityFaults(second);
  await shot(second, 'label-conflict');
  check(site.annotations()['cat.0'].label === 'CAT', 'the first one stands until somebody decides');
  await dialog.getByRole('button', {name: 'Keep mine'}).click();
  await dialog.getByText('Nothing to decide.').waitFor();
  await allSaved(second);
  check(site.annotations()['cat.0'].label === 'DOG', 'the decision is on the disk');
  check((await site.history()).at(-1).revision === 2, 'on top of the first');
  await contented(second);
  await first.context().close();
}

// Without a token there is a page that says what to do, and takes one.
async function login(browser, site) {
  const page = await open(browser, site.address);
  await page.getByText('You need a link').waitFor();
  report.faultsLogin = await accessibilityFaults(page);
  await shot(page, 'label-login');
  await page.getByLabel('Token').fill(people[0].token);
  await page.getByRole('button', {name: 'Sign in'}).click();
  await painted(page, 'cat.0.png');            // the name is the token's: nobody asks
  await page.keyboard.press('c');
  await allSaved(page, 1);
  check((await site.history())[0].annotator === 'anna', 'signed with the name of the token');
  await page.context().close();
}

async function name(browser, site) {
  const page = await open(browser, site.address);
  await page.getByText('What is your name?').waitFor();
  report.faultsName = await accessibilityFaults(page);
  await page.getByRole('textbox', {name: 'Name'}).fill('Zoë 张');
  await page.keyboard.press('Enter');
  await painted(page, 'cat.0.png');
  await page.keyboard.press('c');
  await allSaved(page, 1);
  check((await site.history())[0].annotator === 'Zoë 张', 'a name of any letters arrives whole');
  await page.reload();
  await painted(page, 'cat.1.png');
  check(page.complaints.length === 0, `nothing to complain of, but ${page.complaints}`);
  await page.context().close();
}

await withBrowser(async (browser) => {
  await withSite({program, pictures, names}, (site) => restart(browser, site));
  await withSite({program, pictures, names}, (site) => cutConnection(browser, site));
  await withSite({program, pictures, names}, (site) => twoTabs(browser, site));
  await withSite({program, pictures, names, people}, (site) => login(browser, site));
  await withSite({program, pictures, names}, (site) => name(browser, site));
});
console.log(JSON.stringify(report));
