/** What the API's description begins with. */
export const info = { title: 'Customers', version: '1.0.0' }
