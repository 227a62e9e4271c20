// console_empty.mjs ADDRESS: the console over a workspace in which nothing has happened yet, and without its server.
import {accessibilityFaults, open, shot, withBrowser} from './browser.mjs';

const [address] = process.argv.slice(2);
const report = {faults: {}, complaints: [], titles: {}};
const kTitles = {runs: 'No run yet', models: 'No version yet', drift: 'No answers yet', canary: 'No canary yet'};

await withBrowser(async (browser) => {
  for (const scheme of ['light', 'dark']) {
    const page = await open(browser, `${address}/console/#/runs`, {colorScheme: scheme});
    for (const [view, title] of Object.entries(kTitles)) {
      await page.getByRole('navigation', {name: 'Views'}).getByRole('link', {name: view, exact: false}).click();
      await page.getByRole('heading', {name: title}).waitFor();
      report.titles[view] = await page.title();
      await shot(page, `console-empty-${view}-${scheme}`);
      report.faults[`${view} ${scheme}`] = await accessibilityFaults(page);
    }
    report.complaints.push(...page.complaints);
    // What was shown stays, and the page says that it may be old.
    await page.route('**/api/v1/**', (route) => route.abort());
    await page.getByRole('link', {name: 'Runs'}).click();
    await page.getByText('The server cannot be reached.').first().waitFor();
    await shot(page, `console-away-${scheme}`);
    await page.context().close();
  }
});
console.log(JSON.stringify(report));
