// SPDX-License-Identifier: BSD-2-Clause
// The calls of the hosted service's dashboard (rokka-io/rokka-dashboard at
// 7e7c709), page by page, by rokka.js 4.0.0, and the fields that it reads. It
// logs in for a token and forgets the key.
'use strict'

const { test, before, after } = require('node:test')
const assert = require('node:assert')
const http = require('node:http')
const { default: connect } = require('rokka')

const env = process.env
const org = env.ORG
const maxAge = 3600 * 72
const storage = {}

// src/rokka.js, authenticate(); rka for what it keeps in a module
let rka
const authenticate = (apiKey) => {
  rka = connect({
    apiHost: env.API_URL,
    renderHost: env.RENDER_HOST,
    transport: { retries: 1, minTimeout: 50, maxTimeout: 100 },
    apiKey,
    apiVersion: 1,
    apiTokenOptions: {
      expires_in: maxAge,
      renewable: true,
      ips: `request_ip,${storage.ips || ''}`,
    },
    apiTokenRefreshTime: maxAge - 3600 * 24,
    apiTokenGetCallback: () => storage.token || null,
    apiTokenSetCallback: (token, payload) => {
      storage.token = token
      if (payload && payload.ips) {
        storage.ips = payload.ips.slice(0, 8).join(',')
      }
    },
  })
}
const login = async (apiKey) => {
  authenticate(apiKey)
  if (rka.user.getTokenIsValidFor() < 0) storage.token = ''
  await rka.organizations.get(org)
  return rka.user.getTokenIsValidFor() > 0 ? rka.user.getToken() : null
}
const refusal = (promise) =>
  promise.then(
    (answer) => assert.fail(`accepted: ${JSON.stringify(answer.body)}`),
    (answer) => answer,
  )
// new Date(...) of formatDate() and moment() take it
const isDate = (text) => assert.ok(!Number.isNaN(Date.parse(text)), text)

const request = (method, target, headers) =>
  new Promise((resolve, reject) =>
    http
      .request(new URL(target, env.API_URL), { method, headers }, (answer) => {
        answer.resume()
        answer.on('end', () => resolve(answer))
      })
      .on('error', reject)
      .end(),
  )

let image
before(async () => {
  assert.ok(await login(env.API_KEY))
  // From here on it has the token alone, as after a reload of the page.
  assert.ok(await login(''))
  const png = Buffer.from(
    'iVBORw0KGgoAAAANSUhEUgAAAAgAAAAGCAIAAABxZ0isAAAAEUlEQVR4nGNQaDiAFTEM' +
      'pAQAObNCAdPwE6cAAAAASUVORK5CYII=',
    'base64',
  )
  const { body } = await rka.sourceimages.create(org, 'dashboard.png', png)
  image = body.items[0]
})
after(() => rka.sourceimages.delete(org, image.hash))

test('preflights of a browser', async () => {
  for (const [method, path, headers] of [
    ['GET', '/user/apikeys/token?expires_in=259200', 'api-key,api-version'],
    ['GET', `/organizations/${org}`, 'api-version,authorization'],
    ['PUT', `/stacks/${org}/x`, 'api-version,authorization,content-type'],
    ['PUT', `/organizations/${org}/memberships/x`, 'authorization'],
    ['DELETE', '/user/apikeys/x', 'api-version,authorization'],
    ['GET', `/stats/${org}`, 'api-version,authorization'],
    ['GET', '/user/memberships', 'api-version,authorization'],
  ]) {
    const { statusCode, headers: got } = await request('OPTIONS', path, {
      Origin: 'https://rokka.io',
      'Access-Control-Request-Method': method,
      'Access-Control-Request-Headers': headers,
    })
    assert.strictEqual(statusCode, 204, path)
    assert.strictEqual(got['access-control-allow-origin'], '*')
    assert.ok(got['access-control-allow-methods'].includes(method))
    const allowed = got['access-control-allow-headers'].toLowerCase()
    for (const name of headers.split(',')) {
      assert.ok(allowed.split(', ').includes(name), `${path} ${name}`)
    }
  }
  // and the location of a new image, which a script may read
  const { headers } = await request('GET', `/stacks/${org}`, {
    Origin: 'https://rokka.io',
    Authorization: `Bearer ${storage.token}`,
  })
  assert.ok(headers['access-control-expose-headers'].includes('Location'))
})

test('login: state/index.js', async () => {
  const payload = JSON.parse(
    Buffer.from(storage.token.split('.')[1], 'base64url'),
  )
  assert.strictEqual(payload.rn, true)
  assert.strictEqual(payload.expt, maxAge)
  assert.ok(payload.ips.includes('127.0.0.1'))
  const left = rka.user.getTokenIsValidFor()
  assert.ok(left > maxAge - 60 && left <= maxAge)
  assert.ok((await rka.operations.list()).body.resize.properties.width)
  assert.ok((await rka.stackoptions.get()).body.properties.autoformat)
})

test('a token that is to be renewed is, by itself', async () => {
  const old = storage.token
  authenticate('')
  rka = connect({
    apiHost: env.API_URL,
    apiTokenOptions: { expires_in: maxAge, renewable: true,
                       ips: `request_ip,${storage.ips}` },
    apiTokenRefreshTime: maxAge + 1,
    apiTokenGetCallback: () => storage.token,
    apiTokenSetCallback: (token) => (storage.token = token),
  })
  // Within one second of the daemon's clock, the new one is the old one.
  const end = Date.now() + 10000
  while (storage.token === old && Date.now() < end) {
    await rka.organizations.get(org)
  }
  assert.notStrictEqual(storage.token, old)
  authenticate('')
  assert.strictEqual((await rka.organizations.get(org)).statusCode, 200)
})

test('a login that fails: 401 or 403, and the token is forgotten', async () => {
  const good = { ...storage }
  storage.token = `${good.token.slice(0, -3)}AAA`
  authenticate('')
  const { statusCode } = await refusal(rka.organizations.get(org))
  assert.strictEqual(statusCode, 401)
  assert.strictEqual(storage.token, '')
  authenticate('x'.repeat(64))
  const e = await refusal(rka.organizations.get(org))
  assert.strictEqual(e.error.code, 401)
  Object.assign(storage, good)
  authenticate('')
  assert.ok(
    [403, 404].includes(
      (await refusal(rka.organizations.get('nobody'))).statusCode,
    ),
  )
})

test('Dashboard: stats and the latest images', async () => {
  const day = (n) =>
    new Date(Date.now() + n * 86400000).toISOString().slice(0, 10)
  const { body } = await rka.stats.get(org, day(-30), day(1))
  for (const name of ['bytes_downloaded', 'number_of_files', 'space_in_bytes']) {
    assert.ok(body[name].length > 0, name)
    for (const { timestamp, value } of body[name]) {
      isDate(timestamp)
      assert.strictEqual(typeof value, 'number')
    }
  }
  assert.ok(body.number_of_files[0].value > 0)
  assert.strictEqual((await rka.stats.get(org)).statusCode, 200)
  const list = (
    await rka.sourceimages.list(org, {
      limit: 12, offset: 0, search: {}, sort: 'created desc',
    })
  ).body
  assert.ok(list.total > 0)
  assert.ok(list.items.some(({ hash }) => hash === image.hash))
  for (const item of list.items) {
    assert.ok(item.hash && item.format && item.name)
  }
})

test('Images: a page of one, and its metadata, lock and area', async () => {
  const { body } = await rka.sourceimages.get(org, image.hash)
  for (const field of ['hash', 'name', 'format', 'width', 'height', 'size',
    'created', 'mimetype', 'locked']) {
    assert.ok(field in body, field)
  }
  await rka.sourceimages.meta.replace(org, image.hash, {
    'str:dashboard': 'yes', 'array:tags': ['a', 'b'],
  })
  const again = (await rka.sourceimages.get(org, image.hash)).body
  assert.strictEqual(again.user_metadata.dashboard, 'yes')
  for (const lock of [true, false]) {
    const r = await rka.sourceimages.setLocked(org, image.hash, lock)
    assert.strictEqual(r.body.locked, lock)
  }
  const { response } = await rka.sourceimages.setSubjectArea(org, image.hash, {
    x: 1, y: 1, width: 2, height: 2,
  })
  const hash = response.headers
    .get('location')
    .replace(`/sourceimages/${org}/`, '')
  const area = (await rka.sourceimages.get(org, hash)).body.dynamic_metadata
  assert.deepStrictEqual(area.subject_area, { x: 1, y: 1, width: 2, height: 2 })
  await rka.sourceimages.delete(org, hash)
})

test('Stacks: made, listed, shown, removed', async () => {
  const operations = [{ name: 'resize', options: { width: 20 } }]
  const config = { operations, options: {}, expressions: [], variables: {} }
  for (const name of ['dashboard', '_preview_rokka_dashboard']) {
    const r = await rka.stacks.create(org, name, config, { overwrite: true })
    assert.ok([200, 201].includes(r.statusCode))
  }
  const { items } = (await rka.stacks.list(org)).body
  const { stack_operations: got } = items.find(({ name }) => name === 'dashboard')
  assert.strictEqual(got[0].options.width, 20)
  assert.strictEqual((await rka.stacks.delete(org, 'dashboard')).statusCode, 204)
})

test('Apikeys', async () => {
  const { id } = (await rka.user.getCurrentApiKey()).body
  const made = (await rka.user.addApiKey('of the dashboard')).body
  assert.strictEqual(made.api_key.length, 64)
  const keys = (await rka.user.listApiKeys()).body
  const mine = keys.find((key) => key.id === id)
  isDate(mine.created)
  isDate(mine.accessed)
  assert.ok(keys.some((key) => key.comment === 'of the dashboard'))
  const { error } = await refusal(rka.user.deleteApiKey(id))
  assert.ok(error.error.message)
  assert.strictEqual((await rka.user.deleteApiKey(made.id)).statusCode, 204)
})

test('Memberships', async () => {
  const me = await rka.user.getId()
  const { items } = (await rka.memberships.list(org)).body
  const own = items.find((m) => m.user_id === me)
  assert.deepStrictEqual(own.roles, ['admin'])
  isDate(own.created)
  isDate(own.last_access)
  for (const role of Object.values(rka.memberships.ROLES)) {
    const { statusCode, body } = await rka.memberships.createWithNewUser(
      org, [role], 'a comment')
    assert.strictEqual(statusCode, 201)
    assert.strictEqual(body.api_key.length, 64)
    // "Edit" sends what it has read.
    const m = (await rka.memberships.get(org, body.user_id)).body
    assert.deepStrictEqual(m.roles, [role])
    const edit = (roles) =>
      rka.memberships.create(org, m.user_id, roles, m.comment)
    assert.strictEqual((await edit(m.roles)).statusCode, 204)
    const roles = role === 'read' ? ['upload'] : ['read']
    assert.deepStrictEqual((await edit(roles)).body.roles, roles)
    assert.strictEqual(
      (await rka.memberships.delete(org, m.user_id)).statusCode, 204)
  }
  const e = await refusal(rka.memberships.delete(org, me))
  assert.strictEqual(e.statusCode, 409)
  assert.ok(e.body.error.message)
})

test('UserMemberships: one organization, where it already is', async () => {
  const { items } = (await rka.request('user/memberships')).body
  assert.strictEqual(items.length, 1)
  const [m] = items
  assert.strictEqual(m.organization, org)
  assert.ok(m.organization_id && m.display_name)
  assert.deepStrictEqual([m.roles, m.active], [['admin'], true])
  isDate(m.last_access)
})

test('Costs and Signup are refused by name', async () => {
  const billing = await refusal(rka.billing.get(org, '2026-11-01', '2026-11-30'))
  assert.strictEqual(billing.statusCode, 404)
  assert.match(billing.error.error.message, /Billing/)
  const signup = await refusal(rka.users.create('a@b.example', 'mine'))
  assert.strictEqual(signup.statusCode, 404)
  assert.match(signup.error.error.message, /Users by e-mail/)
})
