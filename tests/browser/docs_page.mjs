// docs_page.mjs ADDRESS: Swagger UI from the binary, under the strict policy.
import {check, open, shot, withBrowser} from './browser.mjs';

const [address] = process.argv.slice(2);
const report = {};

await withBrowser(async (browser) => {
  const page = await open(browser, `${address}/docs`, {viewport: {width: 1100, height: 1000}});
  await page.getByText('Animal Classifier API').first().waitFor();
  report.operations = await page.locator('.opblock').count();
  await page.locator('#operations-Prediction-post_predict .opblock-summary-control').click();
  await page.getByRole('button', {name: 'Execute'}).click();
  await page.locator('.responses-table.live-responses-table .response-col_status').filter({hasText: '200'}).waitFor();
  report.answer = await page.locator('.live-responses-table code').first().textContent();
  await shot(page, 'docs');
  report.complaints = page.complaints;
  check(page.complaints.length === 0, `nothing to complain of, but ${page.complaints}`);
});
console.log(JSON.stringify(report));
