-- wrk -s pipeline.lua: ten POSTs in one write, then a moment's pause.
function init()
  local all = {}
  for i = 1, 10 do all[i] = wrk.format("POST", "/echo", nil, "pipelined " .. i) end
  ten = table.concat(all)
end

function request() return ten end
function delay() return math.random(50, 150) end
