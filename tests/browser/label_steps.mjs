// Steps that the tests of the labelling page share.
import {check, open} from './browser.mjs';

// A page of a person who has said their name, in a context of its own unless one is given.
export async function openLabeller(browser, site, hash = '', {settings = {}, context, ...options} = {}) {
  const init = [(kept) => {
    if (!localStorage.getItem('animalctl.labeller')) localStorage.setItem('animalctl.labeller', JSON.stringify({annotator: 'anna', ...kept}));
    window.policyBreaks = [];
    document.addEventListener('securitypolicyviolation', (event) => window.policyBreaks.push(event.violatedDirective));
  }, settings];
  if (context) {
    const page = await context.newPage();
    page.setDefaultTimeout(10_000);
    page.complaints = [];
    page.on('pageerror', (error) => page.complaints.push(String(error)));
    await page.addInitScript(...init);
    await page.goto(`${site.address}/${hash}`);
    return page;
  }
  return open(browser, `${site.address}/${hash}`, {viewport: {width: 1280, height: 800}, init, ...options});
}

// Waits until `name` is what the person sees, and the page knows it.
export async function painted(page, name) {
  await page.waitForFunction((wanted) => document.documentElement.dataset.painted === wanted, name);
}

// Waits until the model's suggestion is on the screen and the page knows that it was seen.
export async function suggested(page) {
  await page.locator('.suggestion .number').first().waitFor();
  await page.evaluate(() => new Promise((resolve) => {
    requestAnimationFrame(() => requestAnimationFrame(() => requestAnimationFrame(resolve)));
  }));
}

// Presses a key that leads to `next`.
export async function pressTo(page, key, next) {
  await page.keyboard.press(key);
  await painted(page, next);
}

export async function allSaved(page, count) {
  await page.waitForFunction((wanted) => {
    const data = document.querySelector('.saving')?.dataset;
    return data?.unsaved === '0' && (wanted === undefined || data.saved === String(wanted));
  }, count);
}

export async function unsaved(page, count) {
  await page.waitForFunction((wanted) => document.querySelector('.saving')?.dataset.unsaved === String(wanted), count);
}

export async function contented(page) {
  const breaks = await page.evaluate(() => window.policyBreaks);
  check(breaks.length === 0, `the policy holds, but ${breaks}`);
  check(page.complaints.length === 0, `nothing to complain of, but ${page.complaints}`);
}
