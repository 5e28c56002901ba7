import { afterAll, expect, it } from 'vitest';
import { ask, composer, notice, questions, wholeAnswer } from './browser.ts';
import { inBrowser } from './in-browser.ts';
import { ModelServer } from './model-server.ts';

const models = new ModelServer();
const env = async () => ({
  OPENAI_BASE_URL: await models.start(),
  STATEROOM_MODEL: 'local-1',
  STATEROOM_SQLITE_PATH: ':memory:',
});

inBrowser('a message that is not answered', { env }, (stage) => {
  afterAll(() => models[Symbol.asyncDispose]());

  it('is sent again as the same one, at once or after a reload, when the model has failed', async () => {
    const page = await stage().guest();
    await page.goto(`${stage().server.url}/research`);
    models.fault = 'fails';
    await ask(page, 'Where is it stored?');
    await page.getByText('The model could not answer.').waitFor();
    await page.getByRole('button', { name: 'Try again' }).click();
    await page.getByText('The model could not answer.').waitFor();
    await page.reload();
    await page.getByText('Your message has no answer.').waitFor();
    models.fault = null;
    await page.getByRole('button', { name: 'Try again' }).click();
    await wholeAnswer(page, 1);
    expect(await questions(page)).toEqual(['Where is it stored?']);
    await page.reload();
    await page.getByRole('article', { name: 'Research desk' }).waitFor();
    expect(await questions(page)).toEqual(['Where is it stored?']);
    expect(await notice(page).count()).toBe(0);
  });

  it('is told when the model says nothing', async () => {
    const page = await stage().guest();
    await page.goto(`${stage().server.url}/research`);
    models.fault = 'is silent';
    await ask(page, 'Are you there?');
    await page.getByText(/said nothing/).waitFor();
    models.fault = null;
    await page.getByRole('button', { name: 'Try again' }).click();
    await wholeAnswer(page, 1);
    expect(await questions(page)).toEqual(['Are you there?']);
  });

  it('is given back when it is too long, by the page or by the server', async () => {
    const page = await stage().guest();
    await page.goto(`${stage().server.url}/research`);
    await composer(page).fill('x'.repeat(32_001));
    await page.getByText('32,001 characters, of 32,000').waitFor();
    expect(await page.getByRole('button', { name: 'Send' }).isDisabled()).toBe(true);

    const body = JSON.stringify({ error: { code: 'TOO_LARGE', message: 'too long', path: 'message.parts[0].text' } });
    await page.route('**/api/chat/research', (route) => route.fulfill({ status: 413, body }));
    await ask(page, 'Too long for this server');
    await page.getByText('That message is too long.').waitFor();
    expect(await composer(page).inputValue()).toBe('Too long for this server');
    expect(await questions(page)).toEqual([]);
    await page.reload();
    await page.getByText('Nothing said yet.').waitFor();
  });
});
