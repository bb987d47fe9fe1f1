const { Sequelize, DataTypes } = require('sequelize')

const sequelize = new Sequelize('postgres://app@127.0.0.1:5432/app', { logging: false })
const Customer = sequelize.define('customer', { name: DataTypes.STRING, email: { type: DataTypes.STRING, validate: { isEmail: true } } })
const Order = sequelize.define('order', { total: DataTypes.DECIMAL(10, 2), paid: DataTypes.DATE })
Customer.hasMany(Order)
Order.belongsTo(Customer)
module.exports = { sequelize, Customer, Order }
