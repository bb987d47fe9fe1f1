require 'json'
require_relative 'version'

module Ping
  saved = 1
  ANSWER = JSON.generate(pong: true, version: [saved, Saved].max, pid: Process.pid)

  def self.registered(app)
    app.get('/ping') do
      content_type :json
      ANSWER
    end

    app.get('/slow') do
      sleep params.fetch('ms').to_f / 1000
      content_type :json
      ANSWER
    end

    app.get('/events') do
      content_type 'text/event-stream'
      stream do |out|
        loop do
          out << "data: #{ANSWER}\n\n"
          sleep 0.25
        end
      end
    end
  end
end
