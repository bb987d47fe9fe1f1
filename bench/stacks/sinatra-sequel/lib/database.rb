require 'sequel'

DB = Sequel.sqlite
DB.create_table(:notes) do
  primary_key :id
  String :text, null: false
end

class Note < Sequel::Model(:notes)
  plugin :validation_helpers

  def validate
    super
    validates_min_length 1, :text
  end
end
