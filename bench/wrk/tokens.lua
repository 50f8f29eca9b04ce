-- Sends one GET for each line of a file, which has a path and a bearer token, and counts the responses.
--
-- wrk itself stops only after a duration; here the last response ends it.

local lines
local request_text
local wanted
local answers = 0
local successes = 0

function init(args)
  lines = io.lines(args[1])
  wanted = tonumber(args[2])
end

function request()
  -- After the last line its request is repeated until all pending responses have arrived.
  local line = lines and lines()
  if line then
    local path, token = line:match("^(%S+) (%S+)$")
    request_text = "GET " .. path .. " HTTP/1.1\r\nHost: localhost\r\nAuthorization: Bearer " .. token .. "\r\n\r\n"
  else
    lines = nil
  end
  return request_text
end

function response(status)
  answers = answers + 1
  if status == 200 then
    successes = successes + 1
  end
  if answers == wanted then
    print(successes .. " successes")
    os.exit(0)
  end
end
