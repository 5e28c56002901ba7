/**
 * The checked commit as one script, for Redis 6.2 and later and what speaks like it. It is the same over TCP and HTTP.
 *
 * An entry is a string, its version and a line feed before its value; a list is a Redis list. Redis does not undo what
 * a script has written when a later command fails, so the first write comes after everything that could fail.
 *
 * ARGV, one after the other; a key is its index in KEYS, a life span is milliseconds, 'keep' or 'ever':
 *   number of checks, each:  'version' key version (empty: no entry)  |  'length' key length
 *   number of changes, each: 'set' key lifeSpan entry  |  'append' key lifeSpan count items…
 *                            'truncate' key length  |  'touch' key lifeSpan  |  'delete' key
 *   number of entries to read, each: key
 *   number of lists to read, each:   key first last (as in LRANGE)
 *
 * The reply is { 1 or 0, refused, entries, lists }: refused holds the place of a check and what is there instead, an
 * entry or false or a length; entries are entries or false; lists are items and length in turn. A key of the wrong kind
 * makes it { -1, key, what it holds }, with nothing changed.
 */
export const redisCommitScript = `
local position = 0
local function nextText()
  position = position + 1
  return ARGV[position]
end
local function nextNumber()
  return tonumber(nextText())
end

-- What keys hold, by their index: 'none', 'entry', 'list', or what is not ours.
local held = {}
local function kindOf(key)
  if not held[key] then
    local kind = redis.call('TYPE', KEYS[key]).ok
    held[key] = kind == 'string' and 'entry' or kind
  end
  return held[key]
end
local function wrongKind(key, kind)
  return { -1, key, kind or kindOf(key) }
end
local function failed(reply)
  return type(reply) == 'table' and reply.err ~= nil
end

-- Checks.
local refused = {}
local function refuse(check, found)
  refused[#refused + 1] = check
  refused[#refused + 1] = found
end
for check = 0, nextNumber() - 1 do
  local what, key, expected = nextText(), nextNumber(), nextText()
  if what == 'version' then
    local head = redis.pcall('GETRANGE', KEYS[key], 0, 64)
    if failed(head) then return wrongKind(key) end
    local version = head == '' and '' or string.match(head, '^([^\\n]+)\\n')
    if not version then return wrongKind(key, 'string without a version') end
    held[key] = head == '' and 'none' or 'entry'
    if version ~= expected then refuse(check, redis.call('GET', KEYS[key])) end
  else
    local length = redis.pcall('LLEN', KEYS[key])
    if failed(length) then return wrongKind(key) end
    held[key] = length == 0 and 'none' or 'list'
    if length ~= tonumber(expected) then refuse(check, length) end
  end
end

-- Changes, first as what they would make of the keys.
local changes = {}
for index = 1, nextNumber() do
  local change = { type = nextText(), key = nextNumber() }
  if change.type == 'set' or change.type == 'append' or change.type == 'touch' then change.ttl = nextText() end
  if change.type == 'set' then change.entry = nextText() end
  if change.type == 'truncate' then change.length = nextNumber() end
  if change.type == 'append' then
    local count = nextNumber()
    change.first, change.last = position + 1, position + count
    position = change.last
  end
  changes[index] = change
end
local after = {}
if #refused == 0 then
  for _, change in ipairs(changes) do
    local key = change.key
    if change.type == 'delete' then
      after[key] = 'none'
    elseif change.type ~= 'touch' then
      local before = after[key] or kindOf(key)
      local kind = change.type == 'set' and 'entry' or 'list'
      if before ~= 'none' and before ~= kind then return wrongKind(key, before) end
      change.wasThere = before ~= 'none'
      if change.type == 'truncate' and (change.length == 0 or not change.wasThere) then kind = 'none' end
      after[key] = kind
    end
  end
end

-- Reads: of what is not changed now, of what is changed when it is.
local entries, lists, later = {}, {}, {}
local function readEntry(at, key)
  entries[at] = redis.pcall('GET', KEYS[key])
  return not failed(entries[at])
end
local function readList(at, key, first, last)
  local items = redis.pcall('LRANGE', KEYS[key], first, last)
  lists[at], lists[at + 1] = items, redis.pcall('LLEN', KEYS[key])
  return not failed(items)
end
for at = 1, nextNumber() do
  local key = nextNumber()
  if after[key] == 'list' then return wrongKind(key, 'list') end
  if after[key] then
    later[#later + 1] = function() readEntry(at, key) end
  elseif not readEntry(at, key) then
    return wrongKind(key)
  end
end
for index = 1, nextNumber() do
  local at, key, first, last = index * 2 - 1, nextNumber(), nextText(), nextText()
  if after[key] == 'entry' then return wrongKind(key, 'entry') end
  if after[key] then
    later[#later + 1] = function() readList(at, key, first, last) end
  elseif not readList(at, key, first, last) then
    return wrongKind(key)
  end
end
if #refused > 0 then return { 0, refused, entries, lists } end

-- Nothing from here on can fail but the first write, for lack of memory, or because the server takes no writes. A user
-- whom the server's access list denies one of these commands would see a commit done in part: allow all of them.
local write = {}
function write.set(key, change)
  if change.ttl == 'keep' then
    redis.call('SET', key, change.entry, 'KEEPTTL')
  elseif change.ttl == 'ever' then
    redis.call('SET', key, change.entry)
  else
    redis.call('SET', key, change.entry, 'PX', change.ttl)
  end
end
function write.append(key, change)
  for first = change.first, change.last, 1000 do
    redis.call('RPUSH', key, unpack(ARGV, first, math.min(first + 999, change.last)))
  end
  if change.ttl == 'ever' and not change.wasThere then return end
  if change.ttl ~= 'keep' then write.touch(key, change) end
end
function write.truncate(key, change)
  if change.length == 0 then redis.call('DEL', key) else redis.call('LTRIM', key, 0, change.length - 1) end
end
function write.touch(key, change)
  if change.ttl == 'ever' then redis.call('PERSIST', key) else redis.call('PEXPIRE', key, change.ttl) end
end
function write.delete(key)
  redis.call('DEL', key)
end
for _, change in ipairs(changes) do write[change.type](KEYS[change.key], change) end
for _, read in ipairs(later) do read() end
return { 1, refused, entries, lists }
`;
