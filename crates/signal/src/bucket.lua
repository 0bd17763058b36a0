-- Takes one token from each bucket, or none from any. KEYS: buckets; ARGV: tokens a second and most tokens of each.
-- Returns {0, 0}, or the number of the first bucket that has none and the microseconds until it has one.
local time = redis.call('TIME')
local now = time[1] * 1000000 + time[2]
local left = {}
for i, key in ipairs(KEYS) do
  local rate, burst = tonumber(ARGV[2 * i - 1]), tonumber(ARGV[2 * i])
  local kept = redis.call('HMGET', key, 'tokens', 'at')
  local tokens, at = tonumber(kept[1]) or burst, tonumber(kept[2]) or now
  tokens = math.min(burst, tokens + math.max(0, now - at) * rate / 1000000)
  if tokens < 1 then
    return {i, math.ceil((1 - tokens) * 1000000 / rate)}
  end
  left[i] = tokens - 1
end
for i, key in ipairs(KEYS) do
  local rate, burst = tonumber(ARGV[2 * i - 1]), tonumber(ARGV[2 * i])
  redis.call('HSET', key, 'tokens', string.format('%.6f', left[i]), 'at', string.format('%.0f', now))
  -- One that is full again says nothing that is not known without it.
  redis.call('PEXPIRE', key, math.ceil(burst / rate * 1000) + 1000)
end
return {0, 0}
