# For puma. ActionCable without the rest of Rails. It takes the socket of each WebSocket
# over from puma, and serves all of them in a thread of its own.
require 'json'
require 'logger'
require 'action_cable'

VERSION = JSON.parse(File.read('version.json'))['version']

class EchoChannel < ActionCable::Channel::Base
  def subscribed = transmit({ version: VERSION })

  def echo(data) = transmit({ echo: data['number'], version: VERSION })
end

ActionCable.server.config.cable = { 'adapter' => 'async' }
ActionCable.server.config.logger = Logger.new(nil)

# By itself ActionCable says nothing to its clients when its process ends. Its thread goes on for a moment,
# because the close of a socket with unread messages resets the connection, and the client may lose what was
# sent.
if ENV['TELL']
  at_exit do
    ActionCable.server.restart
    sleep 0.5
  end
end

map('/cable') { run ActionCable.server }

run(lambda do |_|
  body = JSON.generate(pong: true, version: VERSION, pid: Process.pid)
  [200, { 'Content-Type' => 'application/json', 'Content-Length' => body.bytesize.to_s }, [body]]
end)
