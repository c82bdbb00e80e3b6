// SPDX-License-Identifier: BSD-2-Clause
// The npm client rokka 4.0.0 against a running moniker, whose address and key
// come from the environment (DIR/env of quickstart run).
'use strict'

const { test, before } = require('node:test')
const assert = require('node:assert')
const crypto = require('node:crypto')
const fs = require('node:fs')
const http = require('node:http')
const path = require('node:path')
const { default: connect } = require('rokka')

const env = process.env
const org = env.ORG
const rokka = connect({
  apiKey: env.API_KEY,
  apiHost: env.API_URL,
  renderHost: env.RENDER_HOST,
  transport: { retries: 1, minTimeout: 50, maxTimeout: 100 },
})
const images = env.IMAGES
const sources = []

const sha1 = (data) => crypto.createHash('sha1').update(data).digest('hex')

// What the client rejects with is no Error, but an object with the answer.
const refusal = (promise) =>
  promise.then(
    (answer) => assert.fail(`accepted: ${JSON.stringify(answer.body)}`),
    (answer) => answer,
  )

// Names under .localhost are loopback for a browser, not for every resolver.
const fetchImage = (url, headers = {}) => {
  const u = new URL(url)
  const options = {
    host: '127.0.0.1',
    port: u.port,
    path: u.pathname + u.search,
    headers: { Host: u.host, ...headers },
  }
  return new Promise((resolve, reject) =>
    http
      .get(options, (answer) => {
        const parts = []
        answer.on('data', (part) => parts.push(part))
        answer.on('end', () =>
          resolve({
            status: answer.statusCode,
            headers: answer.headers,
            body: Buffer.concat(parts),
          }),
        )
      })
      .on('error', reject),
  )
}
const aliasUrl = (name, format = 'jpg', stack = 'client') =>
  rokka.render.getUrl(org, `-_${name}_-`, format, stack)

before(async () => {
  for (const name of ['red.png', 'blue.png']) {
    const data = fs.readFileSync(path.join(images, name))
    const answer = await rokka.sourceimages.create(org, name, data)
    assert.strictEqual(answer.statusCode, 200)
    assert.strictEqual(answer.body.total, 1)
    assert.strictEqual(answer.body.items[0].binary_hash, sha1(data))
    assert.strictEqual(answer.body.items[0].name, name)
    sources.push(answer.body.items[0].hash)
  }
  const operations = [
    { name: 'resize', options: { width: 40, height: 30, mode: 'absolute' } },
  ]
  await rokka.stacks.create(org, 'client', { operations }, { overwrite: true })
})

test('source images: get, list, download, by binary hash', async () => {
  const { body } = await rokka.sourceimages.get(org, sources[0])
  assert.strictEqual(body.hash, sources[0])
  assert.strictEqual(body.organization, org)
  assert.strictEqual(body.protected, false)
  const list = await rokka.sourceimages.list(org, { limit: 1 })
  assert.strictEqual(list.body.items.length, 1)
  assert.ok(list.body.total >= 2)
  const data = fs.readFileSync(path.join(images, 'red.png'))
  const found = await rokka.sourceimages.getWithBinaryHash(org, sha1(data))
  assert.strictEqual(found.body.items[0].hash, sources[0])
  const bytes = await rokka.sourceimages.downloadAsBuffer(org, sources[0])
  assert.ok(Buffer.from(bytes.body).equals(data))
})

test('stacks: create, refuse, overwrite, get, list, delete', async () => {
  const to = (width) => ({
    operations: [{ name: 'resize', options: { width } }],
    options: { 'jpg.quality': 70 },
  })
  const made = await rokka.stacks.create(org, 'client2', to(10))
  assert.strictEqual(made.statusCode, 201)
  const refused = await refusal(rokka.stacks.create(org, 'client2', to(20)))
  assert.strictEqual(refused.statusCode, 409)
  assert.ok(refused.error.error.message)
  await rokka.stacks.create(org, 'client2', to(20), { overwrite: true })
  const { body } = await rokka.stacks.get(org, 'client2')
  assert.strictEqual(body.stack_operations[0].options.width, 20)
  assert.strictEqual(body.stack_options['jpg.quality'], 70)
  const list = await rokka.stacks.list(org)
  assert.ok(list.body.items.some((s) => s.name === 'client2'))
  assert.strictEqual(
    (await rokka.stacks.delete(org, 'client2')).statusCode,
    204,
  )
  const gone = await refusal(rokka.stacks.get(org, 'client2'))
  assert.strictEqual(gone.statusCode, 404)
})

test('an alias is created, got, overwritten, purged and deleted', async () => {
  const name = `client_${Date.now()}`
  const { alias } = rokka.sourceimages
  const [red, blue] = sources

  const made = await alias.create(org, name, { hash: red })
  assert.strictEqual(made.statusCode, 201)
  assert.deepStrictEqual(
    [made.body.organization, made.body.alias, made.body.hash],
    [org, name, red],
  )
  const first = await fetchImage(aliasUrl(name))
  assert.strictEqual(first.status, 200)
  assert.strictEqual(first.headers['content-type'], 'image/jpeg')

  const again = await refusal(alias.create(org, name, { hash: blue }))
  assert.strictEqual(again.statusCode, 409)
  assert.strictEqual(again.error.error.code, 409)
  assert.ok(again.error.error.message)
  assert.strictEqual((await alias.get(org, name)).body.hash, red)

  const over = await alias.create(org, name, { hash: blue }, { overwrite: true })
  assert.strictEqual(over.statusCode, 200)
  assert.strictEqual((await alias.get(org, name)).body.hash, blue)
  const second = await fetchImage(aliasUrl(name))
  assert.strictEqual(second.status, 200)
  assert.ok(!second.body.equals(first.body))
  const byHash = await fetchImage(rokka.render.getUrl(org, blue, 'jpg', 'client'))
  assert.ok(byHash.body.equals(second.body))

  const purged = await alias.invalidateCache(org, name)
  assert.strictEqual(purged.statusCode, 200)
  assert.strictEqual(
    purged.response.headers.get('x-ratelimit-limit'),
    '10',
  )
  assert.strictEqual((await fetchImage(aliasUrl(name))).status, 200)

  const gone = await alias.delete(org, name)
  assert.strictEqual(gone.statusCode, 204)
  assert.strictEqual((await refusal(alias.get(org, name))).statusCode, 404)
  assert.strictEqual((await refusal(alias.delete(org, name))).statusCode, 404)
  assert.strictEqual((await fetchImage(aliasUrl(name))).status, 404)
  assert.strictEqual(
    (await alias.invalidateCache(org, name)).statusCode,
    200,
  )
})

test('rendered URLs: slug, options, variables, formats, dynamic', async () => {
  await rokka.sourceimages.alias.create(
    org,
    'client_urls',
    { hash: sources[0] },
    { overwrite: true },
  )
  const get = (format, stack, options) =>
    fetchImage(
      rokka.render.getUrl(org, '-_client_urls_-', format, stack, options),
    )
  const types = { jpg: 'image/jpeg', png: 'image/png', webp: 'image/webp' }
  for (const [format, type] of Object.entries(types)) {
    const answer = await get(format, 'client')
    assert.strictEqual(answer.status, 200, format)
    assert.strictEqual(answer.headers['content-type'], type)
  }
  const named = await get('jpg', 'client', { filename: 'a-name' })
  const plain = await get('jpg', 'client')
  assert.ok(named.body.equals(plain.body))
  const options = { stackoptions: { 'jpg.quality': 10 } }
  assert.strictEqual((await get('jpg', 'client', options)).status, 200)
  const dynamic = await get('png', [
    { name: 'resize', options: { width: 20, height: 10, mode: 'absolute' } },
  ])
  assert.strictEqual(dynamic.status, 200)
  assert.strictEqual(dynamic.body.readUInt32BE(16), 20)
})

test('operations and stackoptions are public', async () => {
  const open = connect({ apiHost: env.API_URL, transport: { retries: 0 } })
  assert.ok((await open.operations.list()).body.resize.properties.width)
  assert.ok((await open.stackoptions.get()).body.properties['jpg.quality'])
})

test('a wrong key is refused with the flat body', async () => {
  const wrong = connect({
    apiKey: 'x'.repeat(64),
    apiHost: env.API_URL,
    transport: { retries: 0 },
  })
  const answer = await refusal(wrong.sourceimages.list(org))
  assert.strictEqual(answer.statusCode, 403)
  assert.strictEqual(answer.error.code, 403)
  assert.strictEqual(answer.error.invalid_authentication, true)
})

test('a deleted source image is gone at the edge', async () => {
  const data = fs.readFileSync(path.join(images, 'green.png'))
  const { body } = await rokka.sourceimages.create(org, 'green.png', data)
  const { hash } = body.items[0]
  const url = rokka.render.getUrl(org, hash, 'jpg', 'client')
  assert.strictEqual((await fetchImage(url)).status, 200)
  assert.strictEqual(
    (await rokka.sourceimages.delete(org, hash)).statusCode,
    204,
  )
  assert.ok([404, 410].includes((await fetchImage(url)).status))
  const gone = await refusal(rokka.sourceimages.get(org, hash))
  assert.strictEqual(gone.statusCode, 404)
})
