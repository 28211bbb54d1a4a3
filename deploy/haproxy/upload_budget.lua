-- Closes a socket that sends more than it may: `filter lua.upload_budget <bytes per second> <bytes at once>`.
-- HAProxy slows nothing down before 2.7, and a filter in Lua can't wait.
local Budget = { id = "upload_budget", flags = filter.FLT_CFG_FL_HTX }
Budget.__index = Budget

local function seconds()
  local now = core.now()
  return now.sec + now.usec / 1000000
end

function Budget:new()
  return setmetatable({ rate = self.rate, burst = self.burst, left = self.burst, at = seconds() }, Budget)
end

function Budget:start_analyze(txn, channel)
  if not channel:is_resp() then
    filter.register_data_filter(self, channel)
  end
end

function Budget:tcp_payload(txn, channel)
  local now = seconds()
  self.left = math.min(self.burst, self.left + math.max(0, now - self.at) * self.rate) - channel:input()
  self.at = now
  if self.left < 0 then
    -- The one way to close a stream from here.
    error("a socket has sent more than it may", 0)
  end
end

core.register_filter("upload_budget", Budget, function(budget, arguments)
  budget.rate, budget.burst = tonumber(arguments[1]), tonumber(arguments[2])
  return budget
end)
