// SPDX-License-Identifier: BSD-2-Clause
// The calls of the npm client rokka 4.0.0 that are not in rokka.test.js:
// metadata, options, searches, restoring, purges, organizations, signed URLs.
'use strict'

const { test, before } = require('node:test')
const assert = require('node:assert')
const crypto = require('node:crypto')
const http = require('node:http')
const zlib = require('node:zlib')
const { default: connect } = require('rokka')
const render = require('rokka-render')

const env = process.env
const org = env.ORG
const config = {
  apiKey: env.API_KEY,
  apiHost: env.API_URL,
  renderHost: env.RENDER_HOST,
  transport: { retries: 1, minTimeout: 50, maxTimeout: 100 },
}
const rokka = connect(config)
const { sourceimages } = rokka
const sha1 = (data) => crypto.createHash('sha1').update(data).digest('hex')
const refusal = (promise) =>
  promise.then(
    (answer) => assert.fail(`accepted: ${JSON.stringify(answer.body)}`),
    (answer) => {
      assert.ok(answer.error.error.message, JSON.stringify(answer))
      return answer
    },
  )

const fetchImage = (url) => {
  const u = new URL(url)
  const options = {
    host: '127.0.0.1',
    port: u.port,
    path: u.pathname + u.search,
    headers: { Host: u.host },
  }
  return new Promise((resolve, reject) =>
    http
      .get(options, (answer) => {
        answer.resume()
        answer.on('end', () => resolve(answer))
      })
      .on('error', reject),
  )
}

// A PNG of one colour that no earlier run has uploaded.
const crc = (data) => {
  let c = ~0
  for (const byte of data) {
    c ^= byte
    for (let i = 0; i < 8; i++) c = (c >>> 1) ^ (c & 1 ? 0xedb88320 : 0)
  }
  return ~c >>> 0
}
const chunk = (kind, data) => {
  const body = Buffer.concat([Buffer.from(kind), data])
  const head = Buffer.alloc(4)
  const tail = Buffer.alloc(4)
  head.writeUInt32BE(data.length)
  tail.writeUInt32BE(crc(body))
  return Buffer.concat([head, body, tail])
}
const picture = (width = 40, height = 30) => {
  const head = Buffer.alloc(13)
  head.writeUInt32BE(width, 0)
  head.writeUInt32BE(height, 4)
  head.writeUInt8(8, 8)
  head.writeUInt8(2, 9)
  const row = Buffer.concat([
    Buffer.alloc(1),
    ...Array(width).fill(crypto.randomBytes(3)),
  ])
  return Buffer.concat([
    Buffer.from('89504e470d0a1a0a', 'hex'),
    chunk('IHDR', head),
    chunk('IDAT', zlib.deflateSync(Buffer.concat(Array(height).fill(row)))),
    chunk('IEND', Buffer.alloc(0)),
  ])
}
const upload = async (name, metadata, options) => {
  const data = picture()
  const { body } = await sourceimages.create(
    org,
    name,
    data,
    metadata,
    options,
  )
  return { data, ...body.items[0] }
}

before(() =>
  rokka.stacks.create(
    org,
    'client_api',
    { operations: [{ name: 'resize', options: { width: 20 } }] },
    { overwrite: true },
  ),
)

test('metadata comes with the upload, as the client encodes it', async () => {
  const image = await upload('meta.png', {
    meta_user: { color: 'red', 'int:count': 3 },
    options: { protected: true },
  })
  assert.deepStrictEqual(image.user_metadata, {
    color: 'red',
    'int:count': 3,
  })
  assert.strictEqual(image.protected, true)
})

test('user metadata: get, set, add, replace, delete', async () => {
  const { hash } = await upload('user.png')
  const { meta } = sourceimages
  assert.strictEqual((await meta.add(org, hash, { a: 'b' })).statusCode, 204)
  assert.strictEqual((await meta.set(org, hash, 'c', 'd')).statusCode, 204)
  assert.deepStrictEqual((await meta.get(org, hash)).body, { a: 'b', c: 'd' })
  const field = `sourceimages/${org}/${hash}/meta/user/c`
  assert.strictEqual((await rokka.request(field, 'GET')).body, 'd')
  await meta.replace(org, hash, { e: 'f' })
  assert.deepStrictEqual((await meta.get(org, hash)).body, { e: 'f' })
  assert.strictEqual((await meta.delete(org, hash, 'e')).statusCode, 204)
  assert.strictEqual((await meta.delete(org, hash)).statusCode, 204)
  const bad = await refusal(meta.add(org, hash, { AltText: 'x' }))
  assert.strictEqual(bad.statusCode, 400)
  assert.match(bad.error.error.message, /AltText/)
})

test('name, protected, locked', async () => {
  const { hash } = await upload('first.png')
  assert.strictEqual(
    (await sourceimages.putName(org, hash, 'second.png')).statusCode,
    204,
  )
  assert.strictEqual(
    (await sourceimages.get(org, hash)).body.name,
    'second.png',
  )
  const locked = await sourceimages.setLocked(org, hash, true)
  assert.strictEqual(locked.body.locked, true)
  assert.strictEqual(
    (await refusal(sourceimages.delete(org, hash))).statusCode,
    403,
  )
  await sourceimages.setLocked(org, hash, false)
  const moved = await sourceimages.setProtected(org, hash, true, {
    deletePrevious: true,
  })
  assert.strictEqual(moved.body.protected, true)
  assert.strictEqual(
    moved.response.headers.get('location'),
    `/sourceimages/${org}/${moved.body.hash}`,
  )
  assert.strictEqual((await refusal(sourceimages.get(org, hash))).statusCode, 404)
})

test('dynamic metadata: with the upload, set, remove', async () => {
  const area = { x: 1, y: 1, width: 2, height: 2 }
  const first = await upload('area.png', {
    meta_dynamic: { subject_area: area, version: { text: '1' } },
  })
  assert.deepStrictEqual(first.dynamic_metadata, {
    subject_area: area,
    version: { text: '1' },
  })
  const { hash } = await upload('focus.png')
  const set = await sourceimages.setSubjectArea(org, hash, area, {
    deletePrevious: true,
  })
  assert.strictEqual(set.statusCode, 201)
  assert.deepStrictEqual(set.body.dynamic_metadata, { subject_area: area })
  assert.strictEqual(
    set.response.headers.get('location'),
    `/sourceimages/${org}/${set.body.hash}`,
  )
  assert.strictEqual((await refusal(sourceimages.get(org, hash))).statusCode, 404)
  const same = await sourceimages.setSubjectArea(org, set.body.hash, area)
  assert.strictEqual(same.statusCode, 204)
  const crop = await sourceimages.addDynamicMetaData(
    org,
    set.body.hash,
    'crop_area',
    area,
  )
  assert.deepStrictEqual(Object.keys(crop.body.dynamic_metadata).sort(), [
    'crop_area',
    'subject_area',
  ])
  const less = await sourceimages.removeSubjectArea(org, crop.body.hash)
  assert.deepStrictEqual(less.body.dynamic_metadata, { crop_area: area })
  const none = await sourceimages.deleteDynamicMetaData(
    org,
    less.body.hash,
    'crop_area',
    { deletePrevious: true },
  )
  assert.strictEqual(none.body.hash, hash)
  assert.strictEqual(
    (await refusal(sourceimages.get(org, less.body.hash))).statusCode,
    404,
  )
})

test('delete, look among the deleted, restore', async () => {
  const { hash } = await upload('gone.png')
  await sourceimages.delete(org, hash)
  const gone = await sourceimages.get(org, hash, { deleted: true })
  assert.strictEqual(gone.body.deleted, true)
  const back = await sourceimages.restore(org, hash)
  assert.strictEqual(back.body.deleted, false)
  assert.strictEqual((await sourceimages.get(org, hash)).statusCode, 200)
})

test('searches, sorts, cursors', async () => {
  const stem = `search_${crypto.randomBytes(6).toString('hex')}`
  for (const i of [1, 2, 3]) await upload(`${stem}_${i}.png`)
  const search = { name: `${stem}*`, height: '[10,30]' }
  const sort = 'name desc,created asc'
  const { body } = await sourceimages.list(org, { search, sort, limit: 2 })
  assert.strictEqual(body.total, 3)
  assert.deepStrictEqual(
    body.items.map((x) => x.name),
    [`${stem}_3.png`, `${stem}_2.png`],
  )
  const rest = await sourceimages.list(org, {
    search,
    sort,
    limit: 2,
    offset: body.cursor,
  })
  assert.deepStrictEqual(
    rest.body.items.map((x) => x.name),
    [`${stem}_1.png`],
  )
})

test('searches by user metadata, with facets', async () => {
  const tag = `tag_${crypto.randomBytes(6).toString('hex')}`
  const made = []
  for (const n of [1, 2, 3]) {
    const { hash } = await upload(`${tag}_${n}.png`)
    await sourceimages.meta.add(org, hash, {
      tag,
      'int:n': n,
      'array:labels': n < 3 ? ['lake', tag] : ['lake'],
    })
    made.push(hash)
  }
  const { body } = await sourceimages.list(org, {
    search: { 'user:str:tag': tag, 'user:int:n': '[2,}' },
    sort: 'user:int:n desc',
    facets: 'user:array:labels',
  })
  assert.deepStrictEqual(
    body.items.map((x) => x.hash),
    [made[2], made[1]],
  )
  assert.deepStrictEqual(body.facets['user:array:labels'], [
    { value: 'lake', count: 2 },
    { value: tag, count: 1 },
  ])
  // as the dashboard sends a field of type str, and one that it sorts by
  const short = await sourceimages.list(org, {
    search: { 'user:tag': tag },
    sort: 'int:n asc',
    limit: 1,
  })
  assert.strictEqual(short.body.total, 3)
  assert.strictEqual(short.body.items[0].hash, made[0])
})

test('by the hash of the bytes: find, delete', async () => {
  const { data } = await upload('binary.png')
  const found = await sourceimages.getWithBinaryHash(org, sha1(data))
  assert.strictEqual(found.body.total, 1)
  const gone = await sourceimages.deleteWithBinaryHash(org, sha1(data))
  assert.strictEqual(gone.statusCode, 204)
})

test('what is not supported is said, not dropped', async () => {
  const { hash } = await upload('plain.png')
  for (const [call, status] of [
    [() => sourceimages.createByUrl(org, 'http://example.org/x.png'), 400],
    [
      () =>
        sourceimages.create(org, 'x.png', picture(), {
          meta_dynamic: { detection_face: {} },
        }),
      400,
    ],
    [
      () => sourceimages.addDynamicMetaData(org, hash, 'detection_face', {}),
      403,
    ],
    [() => sourceimages.copy(org, hash, 'elsewhere'), 400],
    [() => sourceimages.autolabel(org, hash), 404],
    [() => sourceimages.autodescription(org, hash, ['de']), 404],
    [() => rokka.users.create('a@example.org'), 404],
    [() => rokka.billing.get(org), 404],
    [
      () =>
        rokka.stacks.create(org, 'client_no', {
          operations: [],
          expressions: [{ expression: 'true +', overrides: {} }],
        }),
      400,
    ],
  ])
    assert.strictEqual((await refusal(call())).statusCode, status)
})

test('copies to another organization, one and several', async () => {
  const none = '0'.repeat(40)
  const hashes = []
  for (const name of ['one.png', 'two.png'])
    hashes.push((await upload(name)).hash)
  const made = await sourceimages.copy(org, hashes[0], 'shelf')
  assert.deepStrictEqual([made.statusCode, made.body], [201, {}])
  const again = await sourceimages.copy(org, hashes[0], 'shelf', true)
  assert.strictEqual(again.statusCode, 204)
  for (const [hash, status] of [
    [hashes[0], 412],
    [none, 404],
  ]) {
    const refused = await refusal(
      sourceimages.copy(org, hash, 'shelf', false),
    )
    assert.strictEqual(refused.statusCode, status)
  }
  const all = await sourceimages.copyAll(org, [...hashes, none], 'shelf')
  assert.deepStrictEqual(all.body, {
    created: [hashes[1]],
    existing: [hashes[0]],
    notfound: [none],
  })
  const { body } = await sourceimages.copyAll(org, hashes, 'shelf', false)
  assert.deepStrictEqual(body.existing, hashes)
})

test('stacks with expressions, and a URL with one', async () => {
  const expressions = [
    {
      expression: 'options.dpr >= 2',
      overrides: { options: { 'jpg.quality': 50 } },
    },
  ]
  const stack = {
    operations: [
      {
        name: 'resize',
        options: { mode: 'fill' },
        expressions: { width: '$w', height: '$w / 2' },
      },
    ],
    expressions,
    variables: { w: 'image.width / 2' },
  }
  const put = await rokka.stacks.create(org, 'client_expr', stack, {
    overwrite: true,
  })
  assert.deepStrictEqual(put.body.stack_expressions, expressions)
  assert.deepStrictEqual(
    put.body.stack_operations[0].expressions,
    stack.operations[0].expressions,
  )
  const { hash } = await upload('expr.png')
  for (const url of [
    rokka.render.getUrl(org, hash, 'png', 'client_expr'),
    rokka.render.getUrl(org, hash, 'png', 'client_expr', {
      variables: { w: 8 },
      stackoptions: { dpr: 2 },
    }),
    rokka.render.getUrl(org, hash, 'png', [
      { name: 'resize', options: { width: '[image.width/2]' } },
    ]),
  ])
    assert.strictEqual((await fetchImage(url)).statusCode, 200, url)
})

test('purges of a source image and a stack', async () => {
  const { hash } = await upload('purge.png')
  for (const answer of [
    await sourceimages.invalidateCache(org, hash),
    await rokka.stacks.invalidateCache(org, 'client_api'),
  ]) {
    assert.strictEqual(answer.statusCode, 200)
    assert.strictEqual(answer.response.headers.get('x-ratelimit-limit'), '5')
  }
})

test('organization and its options', async () => {
  const { body } = await rokka.organizations.get(org)
  assert.strictEqual(body.name, org)
  const set = await rokka.organizations.setOption(
    org,
    'protect_dynamic_stack',
    false,
  )
  assert.strictEqual(set.body.options.protect_dynamic_stack, false)
  const all = await rokka.organizations.setOptions(org, {
    protect_dynamic_stack: false,
  })
  assert.strictEqual(all.statusCode, 200)
  assert.strictEqual((await refusal(rokka.organizations.get('other'))).statusCode, 404)
})

test('a protected image shows by the signature of the client', async () => {
  const image = await upload('signed.png', { options: { protected: true } })
  const key = (await rokka.organizations.get(org)).body.signing_keys[0].key
  const url = rokka.render.getUrl(org, image.hash, 'png', 'client_api')
  assert.strictEqual((await fetchImage(url)).statusCode, 403)
  const signed = rokka.render.signUrl(url, key)
  assert.strictEqual((await fetchImage(signed)).statusCode, 200)
  const later = new Date(Date.now() + 3600000)
  const limited = rokka.render.signUrl(url, key, { until: later })
  const answer = await fetchImage(limited)
  assert.strictEqual(answer.statusCode, 200)
  assert.doesNotMatch(answer.headers['cache-control'], /immutable/)
  assert.strictEqual(
    (await fetchImage(`${limited.slice(0, -1)}x`)).statusCode,
    403,
  )
  const { body } = await rokka.utils.signUrl(org, url, { roundDateUpTo: 60 })
  assert.strictEqual(body.original_url, url)
  assert.strictEqual((await fetchImage(body.signed_url)).statusCode, 200)
})

test('a key is a user, and sees the keys of its organization', async () => {
  const { body } = await rokka.user.getCurrentApiKey()
  assert.strictEqual(await rokka.user.getId(), body.id)
  const made = await rokka.user.addApiKey()
  const user = (await rokka.user.get()).body
  assert.ok(user.api_keys.some((key) => key.id === made.body.id))
  assert.strictEqual((await rokka.user.deleteApiKey(made.body.id)).statusCode, 204)
})

test('URLs made from URLs, and variables in them', async () => {
  const { hash } = await upload('urls.png')
  await rokka.stacks.create(
    org,
    'client_vars',
    {
      operations: [{ name: 'resize', options: { width: '$w' } }],
      variables: { w: 10 },
    },
    { overwrite: true },
  )
  const url = rokka.render.getUrl(org, hash, 'png', 'client_vars')
  for (const other of [
    rokka.render.addStackVariables(url, { w: 5 }),
    rokka.render.addStackVariables(url, { w: '5', unused: 'a/b $ % ?' }),
    rokka.render.getUrl(org, hash, 'png', 'client_vars', {
      variables: { w: 7 },
      filename: 'slug',
      stackoptions: { dpr: 2 },
    }),
  ])
    assert.strictEqual((await fetchImage(other)).statusCode, 200, other)
})

// By itself, and of URLs of the hosted service: a site that moves has them.
test('rokka-render: what it makes of a URL is a picture', async () => {
  const { hash } = await upload('render.png')
  const name = `render_${crypto.randomBytes(6).toString('hex')}`
  await sourceimages.alias.create(org, name, { hash })
  const port = new URL(env.API_URL).port
  const fetchHere = (url) => {
    const { pathname, search } = new URL(url)
    return fetchImage(`http://${org}.localhost:${port}${pathname}${search}`)
  }
  const resize = (options) => [{ name: 'resize', options }]
  const wide = { width: 11, height: undefined, upscale: false, mode: null }
  const plain = `https://${org}.rokka.io/client_api/-_${name}_-.png`
  for (const url of [
    plain,
    render.getUrl(org, `-_${name}_-`, 'png', 'client_api'),
    render.getUrl(org, hash, 'webp', resize(wide)),
    render.getUrl(org, hash.slice(0, 12), 'jpg', resize({ width: 12 }), {
      filename: 'a-slug-v2',
      stackoptions: { autoformat: true, 'jpg.quality': 70 },
    }),
    render.getUrlFromUrl(plain, 'client_api', { format: 'jpg' }),
    render.getUrlFromUrl(plain, resize({ width: 9 }), {
      filename: 'slug',
      stackoptions: { dpr: 2 },
    }),
    render.getUrlFromUrl(`${plain}?v=%7B%22a%22%3A%22b%2Fc%22%7D`, 'client_api', {
      variables: { w: 5, text: 'a b' },
    }),
    render.addStackVariables(plain, { w: 5, text: 'a/b $ % ?' }),
  ]) {
    const answer = await fetchHere(url)
    assert.strictEqual(answer.statusCode, 200, url)
    assert.match(answer.headers['content-type'], /^image\//, url)
  }
})
