-- Sends the requests of a file, separated by NUL bytes, in a loop; they are prepared, so wrk only sends them.

local requests = {}
local next_one = 0

function init(args)
  local file = assert(io.open(args[1], "rb"))
  for request in (file:read("*a") .. "\0"):gmatch("(%Z*)%z") do
    requests[#requests + 1] = request
  end
  file:close()
end

function request()
  next_one = next_one % #requests + 1
  return requests[next_one]
end
