require 'sinatra/base'
require 'json'
require_relative 'database'
require_relative 'ping'

class App < Sinatra::Base
  set :logging, false
  set :environment, :development
  register Ping

  get '/notes' do
    erb :notes, locals: { notes: Note.order(Sequel.desc(:id)).all }
  end

  post '/notes' do
    Note.create(text: params.fetch('text')).to_hash.to_json
  end
end
