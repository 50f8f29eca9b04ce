-- One GET for each line of a file, which holds a path and a bearer token, and a count of the answers.
--
-- wrk itself ends only by the clock; here the last answer ends it.

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
  -- Past the end the last one is sent again, until all that are on their way are answered.
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
