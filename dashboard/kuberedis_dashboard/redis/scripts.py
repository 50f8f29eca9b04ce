"""Scripts that read keys for a page: in one step, with every string cut to a length, whatever the keys hold.

Redis has no command that returns a part of a long element or name, and a page must not fetch 45 MB to show a line of it. The scripts are
sent by EVAL_RO, so nothing in them can write, and Redis' ACL checks each command of theirs as if the caller had sent it.
"""

from __future__ import annotations

SCAN = """
local options = {'SCAN', ARGV[1], 'COUNT', ARGV[2], 'MATCH', ARGV[3]}
if ARGV[4] ~= '' then options[7], options[8] = 'TYPE', ARGV[4] end
local longest = tonumber(ARGV[5])
local lengths = {string = 'STRLEN', list = 'LLEN', set = 'SCARD', hash = 'HLEN', zset = 'ZCARD', stream = 'XLEN'}
local step, rows = redis.call(unpack(options)), {}
for index, key in ipairs(step[2]) do
  local type = redis.call('TYPE', key).ok
  local length = lengths[type] and redis.call(lengths[type], key) or 0
  rows[index] = {string.sub(key, 1, longest), #key, type, redis.call('PTTL', key), redis.call('MEMORY', 'USAGE', key) or 0, length}
end
return {step[1], rows}
"""
"""Arguments: cursor, count, pattern, type or nothing, bytes of a name. Returns the next cursor, and for each key: the beginning of its
name, the length of that, type, milliseconds to live as PTTL says, bytes of memory, elements (or bytes of a string)."""

PREFIXES = """
local step, groups = redis.call('SCAN', ARGV[1], 'COUNT', ARGV[2], 'MATCH', ARGV[3]), {}
local from, longest = tonumber(ARGV[4]) + 1, tonumber(ARGV[5])
for _, key in ipairs(step[2]) do
  local at = string.find(key, ':', from, true)
  if at and at <= longest then
    local group = string.sub(key, 1, at)
    groups[group] = (groups[group] or 0) + 1
  end
end
local flat = {}
for group, count in pairs(groups) do
  flat[#flat + 1] = group
  flat[#flat + 1] = count
end
return {step[1], #step[2], flat}
"""
"""Arguments: cursor, count, pattern, bytes of the prefix that all matches share, bytes of a longer prefix. Returns the next cursor, how
many keys matched, and the prefixes up to the next colon, each followed by its number of keys."""

READ = """
local key, cursor, wanted, longest, most = KEYS[1], ARGV[1], tonumber(ARGV[2]), tonumber(ARGV[3]), tonumber(ARGV[5])
local type = redis.call('TYPE', key).ok
if type == 'none' then return {{type, -2, 0, ''}, 0, '0', {}} end
local lengths = {string = 'STRLEN', list = 'LLEN', set = 'SCARD', hash = 'HLEN', zset = 'ZCARD', stream = 'XLEN'}
local memory, count = redis.call('MEMORY', 'USAGE', key) or 0, lengths[type] and redis.call(lengths[type], key) or 0
local head = {type, redis.call('PTTL', key), memory, redis.call('OBJECT', 'ENCODING', key)}
local function cut(text) return {#text, string.sub(text, 1, longest)} end
local function page(texts, next)
  for index, text in ipairs(texts) do texts[index] = cut(text) end
  return {head, count, next, texts}
end
local function after(number) return number > tonumber(cursor) and number < count and string.format('%d', number) or '0' end
if type == 'string' then return {head, count, '0', {{count, redis.call('GETRANGE', key, 0, tonumber(ARGV[4]) - 1)}}} end
if count == 0 or memory / count > most then return {head, count, '0', {}} end
wanted = math.max(1, math.min(wanted, math.floor(most * count / (memory + 1))))
local first = tonumber(cursor)
if type == 'list' then
  local texts = redis.call('LRANGE', key, first, first + wanted - 1)
  return page(texts, after(first + #texts))
elseif type == 'zset' then
  local texts = redis.call('ZRANGE', key, first, first + wanted - 1, 'WITHSCORES')
  return page(texts, after(first + #texts / 2))
elseif type == 'set' or type == 'hash' then
  local step = redis.call(type == 'set' and 'SSCAN' or 'HSCAN', key, cursor, 'COUNT', wanted)
  return page(step[2], step[1])
end
local entries = redis.call('XRANGE', key, cursor == '0' and '-' or '(' .. cursor, '+', 'COUNT', wanted)
local next = #entries == wanted and entries[#entries][1] or '0'
longest = longest / 8
for index, entry in ipairs(entries) do
  local fields = {}
  for each = 1, math.min(#entry[2], 64) do fields[each] = cut(entry[2][each]) end
  entries[index] = {entry[1], #entry[2] / 2, fields}
end
return {head, count, next, entries}
"""
"""Key, and the arguments: cursor, elements, bytes of an element, bytes of a string, bytes that the elements may take in Redis' memory.

Returns type (`none` if there is no such key), milliseconds to live as PTTL says, bytes of memory and encoding; the number of elements (of
a string, its bytes); the next cursor, which is `0` at the end; and the elements, as length and beginning. There are none if a single one
takes more memory than they may."""

ELEMENT = """
local value
if ARGV[1] == 'hash' then value = redis.call('HGET', KEYS[1], ARGV[2]) else value = redis.call('LINDEX', KEYS[1], ARGV[2]) end
return value and {#value, string.sub(value, 1, tonumber(ARGV[3]))}
"""
"""Key, and the arguments: `hash` or `list`, field or index, bytes. Returns length and beginning of one element, nil if it is gone."""
